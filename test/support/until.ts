/** Asks again every few milliseconds until `condition` is met; throws after `timeoutMs`, naming what was waited for. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  { timeoutMs = 10_000, everyMs = 20 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

/** Asks again until `find` finds nothing, and answers what it found last. */
export async function untilNone<T>(
  find: () => Promise<readonly T[]>,
  { timeoutMs, everyMs }: { timeoutMs: number; everyMs: number },
): Promise<readonly T[]> {
  const giveUpAt = performance.now() + timeoutMs
  for (;;) {
    const found = await find()
    if (found.length === 0 || performance.now() > giveUpAt) return found
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
