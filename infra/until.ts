import { setTimeout as pause } from 'node:timers/promises'

export interface Patience {
  readonly timeoutMs: number
  readonly everyMs?: number
  /** Ends the waiting; it then throws. */
  readonly stopping?: AbortSignal
}

/** Asks until `isSo`; a throw counts as not yet. Throws after `timeoutMs`, naming what was waited for. */
export async function until(
  what: string,
  isSo: () => Promise<boolean> | boolean,
  { timeoutMs, everyMs = 50, stopping }: Patience,
): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs
  for (;;) {
    const isMet = await Promise.try(isSo).catch(() => false)
    if (isMet) return
    if (performance.now() > giveUpAt) throw new Error(`not within ${timeoutMs / 1_000} s: ${what}`)
    await pause(everyMs, undefined, { ...(stopping && { signal: stopping }) })
  }
}
