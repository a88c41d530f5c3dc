/*
 * The clock of a hold. It counts from what the gateway said was left, by `performance.now()`: the computer's clock is never asked.
 */

/** What is read out when this many seconds are left, once each. */
const announcedAt = [300, 120, 60] as const

/** Whole seconds that a clock shows; a last part of a second still counts as one. */
export function secondsLeft(endsAt: number, now: number): number {
  return Math.max(0, Math.ceil((endsAt - now) / 1_000))
}

/** The minutes to announce when a clock went from `before` to `after` seconds; null where it passed none of the marks. */
export function minutesToAnnounce(before: number, after: number): number | null {
  const passed = announcedAt.findLast((mark) => before > mark && after <= mark && after > 0)
  return passed === undefined ? null : passed / 60
}

/** Calls `tick` with the seconds left, at every full second and at the end. Answers how to stop it. */
export function startClock(expiresInMs: number, tick: (seconds: number) => void): () => void {
  const endsAt = performance.now() + expiresInMs
  let timer: ReturnType<typeof setTimeout> | undefined
  const next = (): void => {
    const now = performance.now()
    const seconds = secondsLeft(endsAt, now)
    tick(seconds)
    if (seconds > 0) timer = setTimeout(next, Math.max(10, endsAt - now - (seconds - 1) * 1_000))
  }
  // Behind whatever the caller does now.
  timer = setTimeout(next, 0)
  return () => clearTimeout(timer)
}
