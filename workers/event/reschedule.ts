const dayMs = 86_400_000
/** The earliest day for a moved event, counted from today. */
const soonestDay = 8
/** 24 weeks: moving by multiples of it fills the next half year and keeps weekdays and the distances within a series. */
const periodDays = 168

/**
 * The days by which a past event moves so that it takes place 8 to 175 days from today; `null` if it is not past. Events of one date move
 * together. Dates are `YYYY-MM-DD`.
 */
export function rescheduleShift({ startsOn, today }: { startsOn: string; today: string }): number | null {
  const daysAgo = dayNumber(today) - dayNumber(startsOn)
  if (daysAgo <= 0) return null
  return Math.ceil((daysAgo + soonestDay) / periodDays) * periodDays
}

function dayNumber(date: string): number {
  return Date.parse(date) / dayMs
}
