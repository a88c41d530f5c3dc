import type { Limit } from '../../gateway/limits/local-bucket.ts'

/** One admitted request: when it was made and when it was let in, in milliseconds of one clock. */
export interface Admission {
  readonly askedAt: number
  readonly admittedAt: number
}

/**
 * By how many requests the worst interval of a history is above `max + max * t / window`; 0 or less when none is. A
 * request counts when it was let in, but Redis had counted it up to one round trip before: by what may have grown
 * meanwhile, intervals of this clock may be above.
 */
export function worstExcess(admissions: readonly Admission[], { max, windowMs }: Limit): number {
  const inOrder = [...admissions].sort((one, other) => one.admittedAt - other.admittedAt)
  const perMs = max / windowMs
  let level = 0
  let highest = 0
  let before = inOrder[0]?.admittedAt ?? 0
  for (const { admittedAt } of inOrder) {
    level = Math.max(0, level - (admittedAt - before) * perMs) + 1
    highest = Math.max(highest, level)
    before = admittedAt
  }
  const longestWait = Math.max(0, ...inOrder.map(({ askedAt, admittedAt }) => admittedAt - askedAt))
  return highest - max - longestWait * perMs
}
