/** Something that must be true of the data at any moment, and a query for what breaks it. */
export interface Invariant {
  /** `I1`, `I2`, …; one invariant may be checked by several queries. */
  readonly id: string
  /** What must be true, in one sentence. */
  readonly says: string
  /**
   * SQL that selects one row for each violation, with a text column `example` made of ids only: what it answers is logged
   * and shown to operators.
   */
  readonly violations: string
}
