const dayMs = 86_400_000
/** The soonest day on which a moved event may take place, counted from today. */
const soonestDay = 8
/** 24 weeks: moving by multiples of it fills the half year ahead and keeps the weekday and the distances of a series. */
const periodDays = 168

/**
 * Days by which a past event moves so that it takes place 8 to 175 days from today; `null` when it is not past. Events of
 * one date move together. Dates are `YYYY-MM-DD`.
 */
export function rescheduleShift({ startsOn, today }: { startsOn: string; today: string }): number | null {
  const daysAgo = dayNumber(today) - dayNumber(startsOn)
  if (daysAgo <= 0) return null
  return Math.ceil((daysAgo + soonestDay) / periodDays) * periodDays
}

function dayNumber(date: string): number {
  return Date.parse(date) / dayMs
}
