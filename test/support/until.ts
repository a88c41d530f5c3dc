/**
 * Asks again every few milliseconds until `condition` is met. Throws after `timeoutMs`, naming what was waited for; asked for the last time
 * after that, so a machine that stood still meanwhile makes no difference.
 */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  { timeoutMs = 15_000, everyMs = 20 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs
  for (;;) {
    const isLast = performance.now() > giveUpAt
    if (await condition()) return
    if (isLast) throw new Error(`not within ${timeoutMs} ms: ${what}`)
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
