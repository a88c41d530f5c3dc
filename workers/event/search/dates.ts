/* Local dates as `YYYY-MM-DD`. */

const dayMs = 86_400_000
const lastMs = Date.parse('9999-12-31')
/** A longer span holds nearly all events, so nothing is won by naming its weeks. */
const maxWeeks = 53

/** The weeks that hold all dates from `from` to `to`, as `event.days_of` numbers them; `null` for more than are worth naming. */
export function weeksBetween(from: string, to: string): number[] | null {
  const [first, last] = [from, to].map((date) => Math.floor(Date.parse(date) / dayMs / 7)) as [number, number]
  if (last - first >= maxWeeks) return null
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * 3 + 1)
}

/** No place on Earth has an earlier date, though the clocks of worker and database may differ a little. */
export function earliestToday(): string {
  return dateAt(Date.now() - 13 * 3_600_000)
}

/** How many days later `until` is than `from`. */
export function daysBetween(from: string, until: string): number {
  return (Date.parse(until) - Date.parse(from)) / dayMs
}

/** The date so many days later, or the last one that has four digits for its year. */
export function addDays(date: string, days: number): string {
  return dateAt(Math.min(Date.parse(date) + days * dayMs, lastMs))
}

function dateAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
