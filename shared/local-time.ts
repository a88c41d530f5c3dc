/* Local times and instants, converted with Node's time zones. Future rules may still change. */

const dayMs = 86_400_000

/** `YYYY-MM-DD` and `HH:MM:SS`, as the clocks of a place show them. */
export interface LocalTime {
  readonly date: string
  readonly time: string
}

/** Creating one takes as long as reading ten events. There are fewer than 800 names of zones, but case does not matter in them. */
const formatters = new Map<string, Intl.DateTimeFormat>()
const maxFormatters = 1_000

/** Throws `RangeError` for a zone that Node does not know. */
export function formatterOf(tz: string): Intl.DateTimeFormat {
  const known = formatters.get(tz)
  if (known) return known
  // Swedish writes dates as ISO 8601 does: 2026-03-17 19:30:00.
  const formatter = new Intl.DateTimeFormat('sv', { timeZone: tz, dateStyle: 'short', timeStyle: 'medium' })
  if (formatters.size >= maxFormatters) formatters.clear()
  formatters.set(tz, formatter)
  return formatter
}

/** The local time of a zone at an instant. */
export function localTimeAt(instant: Date, tz: string): LocalTime {
  const [date = '', time = ''] = formatterOf(tz).format(instant).split(' ')
  // Intl writes years below 1000 with fewer digits.
  return { date: date.padStart(10, '0'), time }
}

/**
 * The instants at which clocks in a zone show a time (`HH:MM` or `HH:MM:SS`), earliest first: usually one, none while clocks are put
 * forward, two while they are put back.
 */
export function instantsOf({ date, time }: LocalTime, tz: string): Date[] {
  const shown = Date.parse(`${date}T${time}Z`)
  const shownAt = (ms: number): number => {
    const local = localTimeAt(new Date(ms), tz)
    return Date.parse(`${local.date}T${local.time}Z`)
  }
  // Between a day before and a day after, a zone changes its offset at most once.
  const offsets = new Set([shown - dayMs, shown + dayMs].map((near) => shownAt(near) - near))
  return Array.from(offsets, (offset) => shown - offset)
    .filter((ms) => shownAt(ms) === shown)
    .sort((one, other) => one - other)
    .map((ms) => new Date(ms))
}

/** The offset of a zone at an instant, as RFC 3339 writes it: `+02:00`. */
export function offsetAt(instant: Date, tz: string): string {
  const { date, time } = localTimeAt(instant, tz)
  const minutes = Math.round((Date.parse(`${date}T${time}Z`) - instant.getTime()) / 60_000)
  const part = (value: number): string => String(value).padStart(2, '0')
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `${minutes < 0 ? '-' : '+'}${part(hours)}:${part(rest)}`
}
