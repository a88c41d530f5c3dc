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
