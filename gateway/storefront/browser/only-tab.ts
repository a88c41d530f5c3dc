/**
 * Resolves once no other tab of this device holds `name`; this tab then holds it until it is closed. `taken` is called where another one
 * does. Without https browsers have no locks, and it resolves at once.
 */
export async function becomeOnlyTab(name: string, taken: () => void): Promise<void> {
  if (!('locks' in navigator) || (await hold(name, { ifAvailable: true }))) return
  taken()
  await hold(name, {})
}

/** Returns whether this tab holds `name` now. */
function hold(name: string, options: LockOptions): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const held = navigator.locks.request(name, options, (lock) => {
      resolve(lock !== null)
      return lock === null ? undefined : new Promise(() => undefined)
    })
    held.catch(reject)
  })
}
