/** What koa-ratelimit asks of its `db`: requests left including this one, end of the limit, maximum. */
export type RateLimitAnswer = [remaining: number, resetEpochSeconds: number, total: number]

/** The second in which so many milliseconds from now are over. */
export function epochSecondsIn(ms: number): number {
  return Math.ceil((Date.now() + Math.max(ms, 1)) / 1_000)
}
