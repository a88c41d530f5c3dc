/*
 * What the journal of a waiting room says of its admissions. The scripts in Redis write it with each admission; the rules here
 * are independent of theirs.
 */

/** An entry of the journal, oldest first. */
export type JournalEntry =
  | {
      readonly what: 'admitted'
      readonly number: number
      /** Milliseconds, by the clock of Redis. */
      readonly at: number
      /** The highest number called at that time. */
      readonly serving: number
      /** Sessions at that time, with this one, and how many are allowed. */
      readonly active: number
      readonly maxActive: number
      /** The highest rate that the settings allowed at that time. */
      readonly perMinute: number
    }
  /** A session that Redis had lost was restored from its pass; it ends at `until`. */
  | { readonly what: 'restored'; readonly number: number; readonly until: number }

/** Which rules the admissions of one event broke, each as a sentence of numbers. */
export interface JournalViolations {
  /** I15: more sessions, or more admissions in some time, than the settings allow. */
  readonly limits: string[]
  /** I16: out of the order of calls, or twice. */
  readonly order: string[]
}

/** Judges admissions. After a change of the settings, those before it count as allowed. */
export function judgeAdmissions(journal: readonly JournalEntry[]): JournalViolations {
  const limits: string[] = []
  const order: string[] = []
  const admitted = new Set<number>()
  let restoredUntil = Number.NEGATIVE_INFINITY
  // Sessions that began while more were allowed go on.
  let mostActive = 0
  let serving = 0
  let perMinute = 0
  let level = 0
  let before = 0
  for (const entry of journal) {
    if (entry.what === 'restored') {
      restoredUntil = Math.max(restoredUntil, entry.until)
      continue
    }
    const { number, at } = entry
    mostActive = Math.max(mostActive, entry.maxActive)
    if (entry.active > mostActive && at > restoredUntil) limits.push(`${entry.active} sessions, ${mostActive} allowed`)

    // In any t seconds at most ⌈rate · t⌉ and those of one second.
    level = entry.perMinute === perMinute ? Math.max(0, level - ((at - before) * perMinute) / 60_000) + 1 : 1
    const allowed = Math.max(1, Math.ceil(entry.perMinute / 60)) + 1
    if (level > allowed) limits.push(`number ${number} was admitted too early at ${entry.perMinute} a minute`)
    perMinute = entry.perMinute
    before = at

    if (admitted.has(number)) order.push(`number ${number} was admitted twice`)
    if (number > entry.serving) order.push(`number ${number} was admitted while ${entry.serving} was called`)
    if (entry.serving < serving) order.push(`calls went back from ${serving} to ${entry.serving}`)
    serving = entry.serving
    admitted.add(number)
  }
  return { limits, order }
}
