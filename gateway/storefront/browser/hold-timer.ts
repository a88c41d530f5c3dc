/* The clock of a hold. It counts from the time left that the gateway sent, with `performance.now()`; it never uses the computer's clock. */

/** Seconds left at which the time is read out, once each. */
const announcedAt = [300, 120, 60] as const

/** The whole seconds that a clock shows, rounded up. */
export function secondsLeft(endsAt: number, now: number): number {
  return Math.max(0, Math.ceil((endsAt - now) / 1_000))
}

/** The minutes to announce when a clock went from `before` to `after` seconds; null if it passed no mark. */
export function minutesToAnnounce(before: number, after: number): number | null {
  const passed = announcedAt.findLast((mark) => before > mark && after <= mark && after > 0)
  return passed === undefined ? null : passed / 60
}

/** Calls `tick` with the seconds left, at every full second and at the end. Returns a function that stops it. */
export function startClock(expiresInMs: number, tick: (seconds: number) => void): () => void {
  const endsAt = performance.now() + expiresInMs
  let timer: ReturnType<typeof setTimeout> | undefined
  const next = (): void => {
    const now = performance.now()
    const seconds = secondsLeft(endsAt, now)
    tick(seconds)
    if (seconds > 0) timer = setTimeout(next, Math.max(10, endsAt - now - (seconds - 1) * 1_000))
  }
  // After the caller's current work.
  timer = setTimeout(next, 0)
  return () => clearTimeout(timer)
}
