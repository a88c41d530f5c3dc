/* Dates as the index of terms has them, see `event.days_of` in `migrations/004-search-by-days.sql`. */

const dayMs = 86_400_000
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

/** The date so many days later. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(date) + days * dayMs).toISOString().slice(0, 10)
}

function wholeWeeks({ first, end }: { first: number; end: number }) {
  return { first: Math.floor(first / weekDays) * weekDays, end: Math.ceil(end / weekDays) * weekDays }
}

function largestFrom(day: number, end: number): readonly [days: number, kind: number] {
  if (day % longDays === 0 && day + longDays <= end) return [longDays, 2]
  if (day % weekDays === 0 && day + weekDays <= end) return [weekDays, 1]
  return [1, 0]
}

function dayNumber(date: string): number {
  return Date.parse(date) / dayMs
}
