/* Dates, and how the index of terms has them: see `event.days_of` in `migrations/004-search-by-days.sql`. */

const dayMs = 86_400_000
const lastMs = Date.parse('9999-12-31')
const weekDays = 7
const longDays = 28

/** Up to so many days are named one by one where no whole week stands for them. */
const exactDays = 14
/** A longer span is that of nearly all events: nothing would be won by naming its parts. */
const maxDays = 1_000

/**
 * Numbers of days, weeks and four weeks that together hold all dates from `from` on and before `until`; of a long span they begin
 * and end with whole weeks, so that they stay few. `null` for more than is worth naming.
 */
export function coverDays(from: string, until: string): number[] | null {
  const exact = { first: dayNumber(from), end: dayNumber(until) }
  if (exact.end - exact.first > maxDays) return null
  const { first, end } = exact.end - exact.first <= exactDays ? exact : wholeWeeks(exact)
  const cover: number[] = []
  for (let day = first; day < end; ) {
    const [days, kind] = largestFrom(day, end)
    cover.push(Math.floor(day / days) * 3 + kind)
    day += days
  }
  return cover
}

/** The date in UTC. */
export function today(): string {
  return dateAt(Date.now())
}

/** No place on Earth has an earlier date, though the clocks of worker and database may differ a little. */
export function earliestToday(): string {
  return dateAt(Date.now() - 13 * 3_600_000)
}

/** How many days later `until` is than `from`. */
export function daysBetween(from: string, until: string): number {
  return dayNumber(until) - dayNumber(from)
}

/** The date so many days later, or the last one that has four digits for its year. */
export function addDays(date: string, days: number): string {
  return dateAt(Math.min(Date.parse(date) + days * dayMs, lastMs))
}

/** The later of two dates. */
export function laterDate(date: string, other: string | undefined): string {
  return other !== undefined && other > date ? other : date
}

function wholeWeeks({ first, end }: { first: number; end: number }) {
  return { first: Math.floor(first / weekDays) * weekDays, end: Math.ceil(end / weekDays) * weekDays }
}

function largestFrom(day: number, end: number): readonly [days: number, kind: number] {
  if (day % longDays === 0 && day + longDays <= end) return [longDays, 2]
  if (day % weekDays === 0 && day + weekDays <= end) return [weekDays, 1]
  return [1, 0]
}

function dateAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

function dayNumber(date: string): number {
  return Date.parse(date) / dayMs
}
