/** Something that must be true of the data at any moment, and a query for what breaks it. */
export interface Invariant {
  /** `I1`, `I2`, …; one invariant may be checked by several queries. */
  readonly id: string
  /** What must be true, in one sentence. */
  readonly says: string
  /**
   * SQL that selects one row for each violation, with a text column `example` made of ids only: what it answers is logged
   * and shown to operators. It must not read more than what is open and the events of `isWatched`, or it gets slower every day.
   */
  readonly violations: string
}

/** SQL: whether the event of that id is one of those that this audit reads; see `watched-events.ts`. */
export function isWatched(eventId: string): string {
  return `${eventId} IN (SELECT event_id FROM watched)`
}

/**
 * SQL: whether something waits since a time for longer than an interval. Time in which nobody watched does not count: the system may
 * have been stopped, and then nothing could go on.
 */
export function isOverdue(since: string, within: string): string {
  return `(${since} < now() - ${within} AND (SELECT since FROM watching) < now() - ${within})`
}
