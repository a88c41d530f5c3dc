/* Local dates as `YYYY-MM-DD`. */

const dayMs = 86_400_000
const lastMs = Date.parse('9999-12-31')
/** A longer range contains almost all events, so listing its weeks gains nothing. */
const maxWeeks = 53

/** The weeks from `from` to `to`, numbered as in `event.days_of`; `null` if there are too many to list. */
export function weeksBetween(from: string, to: string): number[] | null {
  const [first, last] = [from, to].map((date) => Math.floor(Date.parse(date) / dayMs / 7)) as [number, number]
  if (last - first >= maxWeeks) return null
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * 3 + 1)
}

/** The earliest date that is today anywhere on Earth, with room for the difference between the clocks of worker and database. */
export function earliestToday(): string {
  return dateAt(Date.now() - 13 * 3_600_000)
}

/** The number of days from `from` to `until`. */
export function daysBetween(from: string, until: string): number {
  return (Date.parse(until) - Date.parse(from)) / dayMs
}

/** The date a number of days later, or the last date with a four-digit year. */
export function addDays(date: string, days: number): string {
  return dateAt(Math.min(Date.parse(date) + days * dayMs, lastMs))
}

function dateAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
