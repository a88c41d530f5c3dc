const firstMs = 200
const longestMs = 5_000

/** The pause before the n-th attempt (from 1) to bring something back: 0.2 s, doubling up to 5 s. */
export function backoffMs(attempt: number): number {
  return Math.min(firstMs * 2 ** (attempt - 1), longestMs)
}
