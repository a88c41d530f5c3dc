import type { CatalogueEvent } from '#shared/contracts/organising.ts'
import { instantsOf, localTimeAt, offsetAt } from '#shared/local-time.ts'

/** The start of an event, in the local time of its venue. */
export interface LocalStart {
  readonly date: string
  /** `HH:MM` or `HH:MM:SS`; with an offset such as `+02:00` if clocks are put back and show this time twice. */
  readonly time: string
  readonly tz: string
}

const withOffset = /^([\d:]{5,8})([+-]\d\d:\d\d)$/

/**
 * The instant at which an event starts, or what is wrong with its time. A time that clocks skip or show twice is never guessed, because the
 * event would start an hour earlier or later than its organiser thinks.
 */
export function startInstant({ date, time, tz }: LocalStart): { at: Date } | { fault: string } {
  const [, clock = time, offset] = withOffset.exec(time) ?? []
  const instants = instantsOf({ date, time: clock }, tz)
  const offsets = instants.map((instant) => offsetAt(instant, tz))
  const [first, second] = instants
  if (first === undefined) {
    return { fault: `must be a time that exists: clocks in ${tz} skip ${clock} on ${date}` }
  }
  if (offset !== undefined) {
    const meant = instants[offsets.indexOf(offset)]
    return meant === undefined
      ? { fault: `must have the offset of ${tz} at that time, ${offsets.join(' or ')}` }
      : { at: meant }
  }
  if (second === undefined) return { at: first }
  const ways = offsets.map((each) => clock + each).join(' or ')
  return { fault: `must say which ${clock} is meant: on ${date} clocks in ${tz} show it twice; write ${ways}` }
}

/** As `startInstant`, for an imported event; `null` while its time or time zone is unknown. */
export function importedStart(
  event: Pick<CatalogueEvent, 'starts_on' | 'starts_at_local' | 'starts_at' | 'tz' | 'venue'>,
): { at: Date | null } | { fault: string } {
  if (event.starts_at) return { at: new Date(event.starts_at) }
  const tz = event.tz ?? event.venue?.tz ?? null
  if (event.starts_at_local === null || tz === null) return { at: null }
  // Events do not begin at a fraction of a second, which clocks do not show.
  return startInstant({ date: event.starts_on, time: event.starts_at_local.slice(0, 8), tz })
}

/**
 * The instant a number of days later, at the same local time. `null` if clocks skip that time or show it twice: the event's time is then
 * unknown.
 */
export function sameTimeLater(at: Date, { days, tz }: { days: number; tz: string }): Date | null {
  const { date, time } = localTimeAt(at, tz)
  const [only, second] = instantsOf({ date: daysLater(date, days), time }, tz)
  return second === undefined ? (only ?? null) : null
}

/** A date (`YYYY-MM-DD`) a number of days later. */
export function daysLater(date: string, days: number): string {
  return new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10)
}
