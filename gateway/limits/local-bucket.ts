/*
 * GCRA: a bucket of `max` tokens that fills up evenly within a window needs to be remembered by one number only, the
 * time at which it is full.
 */

export interface Limit {
  readonly max: number
  readonly windowMs: number
}

/**
 * Share of a token that rounding may have taken from it: each taking rounds the time anew, as often as a bucket has tokens, so it is
 * more than in `grant-tokens.lua`, which counts tokens.
 */
const almost = 0.01

/** Tokens in a bucket that is full at `fullAt`. */
export function tokensAt(fullAt: number, now: number, { max, windowMs }: Limit): number {
  const owed = (Math.max(fullAt, now) - now) / (windowMs / max)
  return Math.max(0, Math.floor(max - owed + almost))
}

/** When a bucket that has a token is full after that was taken. */
export function fullAfterTaking(fullAt: number, now: number, { max, windowMs }: Limit): number {
  return Math.max(fullAt, now) + windowMs / max
}

/** When an empty bucket has its next token. */
export function nextTokenAt(fullAt: number, { max, windowMs }: Limit): number {
  return fullAt - windowMs + windowMs / max
}
