/* What the journal of a waiting room must never show. Pure, so that a test can plant what it must find. */

/** One admission, as the room wrote it down. */
export interface Admission {
  /** The order of calls, as the draw and then arrival gave it. */
  readonly number: number
  /** By the clock of Redis, ms. */
  readonly atMs: number
  /** The highest number that had been called then. */
  readonly serving: number
}

/** What the journal is judged by. */
export interface AdmissionLimits {
  readonly callsPerMinute: number
  readonly maxActive: number
}

/** Sessions and open calls at one moment. */
export interface Occupancy {
  readonly active: number
  readonly called: number
}

/** Clocks of Redis are read in whole ms. */
const roundingMs = 1

/**
 * How many admissions were above a limit: beyond what the rate grants (at most rate · t and the burst of one second in any t), and
 * moments with more sessions and calls than there may be.
 */
export function admissionsOverLimit(
  journal: readonly Admission[],
  occupancies: readonly Occupancy[],
  { callsPerMinute, maxActive }: AdmissionLimits,
): number {
  const intervalMs = 60_000 / callsPerMinute
  const burst = Math.max(1, Math.ceil(callsPerMinute / 60))
  let over = 0
  /** When all that was granted so far would have been used up at an even pace. */
  let usedUpToMs = 0
  for (const { atMs } of journal) {
    if (usedUpToMs - atMs - (burst - 1) * intervalMs > roundingMs) over += 1
    usedUpToMs = Math.max(usedUpToMs, atMs) + intervalMs
  }
  return over + occupancies.filter(({ active, called }) => active + called > maxActive).length
}

/** How many were admitted before their turn, or twice; and how often the queue went back. */
export function orderViolations(journal: readonly Admission[]): number {
  const admitted = new Set<number>()
  let violations = 0
  let highest = 0
  for (const { number, serving } of journal) {
    if (number > serving || admitted.has(number)) violations += 1
    if (serving < highest) violations += 1
    admitted.add(number)
    highest = Math.max(highest, serving)
  }
  return violations
}
