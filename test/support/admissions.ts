import type { Limit } from '../../gateway/limits/local-bucket.ts'

/**
 * By how many requests the worst interval of a history is above `max + max * t / window`; 0 or less when none is.
 * `admittedAt` is in milliseconds of one clock, in any order.
 */
export function worstExcess(admittedAt: readonly number[], { max, windowMs }: Limit): number {
  let level = 0
  let highest = 0
  let before = 0
  for (const at of [...admittedAt].sort((one, other) => one - other)) {
    level = Math.max(0, level - (at - before) * (max / windowMs)) + 1
    highest = Math.max(highest, level)
    before = at
  }
  return highest - max
}
