/** Time zones and local times of sources that give some of: local date, local time, instant, zone. */

/** What a source says: YYYY-MM-DD and HH:MM:SS at the venue, and RFC 3339. */
export interface GivenStart {
  readonly localDate: string | null
  readonly localTime: string | null
  readonly instant: string | null
}

export interface LocalStart {
  /** YYYY-MM-DD at the venue; the UTC day is often another. */
  readonly date: string | null
  /** HH:MM:SS at the venue. */
  readonly time: string | null
}

const timePattern = /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/

/**
 * Where Unicode keeps a name that IANA gave up. Debian ships the old names in a package of their own, so that a
 * PostgreSQL without it does not know them.
 */
const presentNames: Readonly<Record<string, string>> = {
  'Africa/Asmera': 'Africa/Asmara',
  'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
  'America/Catamarca': 'America/Argentina/Catamarca',
  'America/Cordoba': 'America/Argentina/Cordoba',
  'America/Godthab': 'America/Nuuk',
  'America/Indianapolis': 'America/Indiana/Indianapolis',
  'America/Jujuy': 'America/Argentina/Jujuy',
  'America/Louisville': 'America/Kentucky/Louisville',
  'America/Mendoza': 'America/Argentina/Mendoza',
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Atlantic/Faeroe': 'Atlantic/Faroe',
  'Europe/Kiev': 'Europe/Kyiv',
  'Pacific/Enderbury': 'Pacific/Kanton',
  'Pacific/Ponape': 'Pacific/Pohnpei',
  'Pacific/Truk': 'Pacific/Chuuk',
}

/** Making one takes as long as reading ten events. There are some 400 zones, and fewer than twice as many names. */
const formatters = new Map<string, Intl.DateTimeFormat>()

/** The present IANA name of a zone, or `null` when this Node does not know it. */
export function ianaZone(zone: string | null): string | null {
  if (zone === null) return null
  try {
    const { timeZone } = formatterOf(zone).resolvedOptions()
    return presentNames[timeZone] ?? timeZone
  } catch {
    return null
  }
}

/**
 * When an event starts at its venue. What the source says locally counts; the instant only fills what is missing, and
 * its time only when it falls on the local date in that zone.
 */
export function localStart(source: GivenStart & { zone: string | null }): LocalStart {
  const converted = source.zone === null ? null : inZone(source.instant, source.zone)
  const date = source.localDate ?? converted?.date ?? null
  if (source.localTime !== null && timePattern.test(source.localTime)) return { date, time: source.localTime }
  return { date, time: converted !== null && converted.date === date ? converted.time : null }
}

/** The whole-hour `Etc/GMT` zone between a local time and its instant; their names count westwards. */
export function fixedOffsetZone(source: GivenStart): string | null {
  const local = Date.parse(`${source.localDate}T${source.localTime}Z`)
  const hours = (local - Date.parse(source.instant ?? '')) / 3_600_000
  if (!Number.isInteger(hours) || hours < -12 || hours > 14) return null
  if (hours === 0) return 'Etc/UTC'
  return hours > 0 ? `Etc/GMT-${hours}` : `Etc/GMT+${-hours}`
}

function inZone(instant: string | null, zone: string): { date: string; time: string } | null {
  const at = new Date(instant ?? '')
  if (Number.isNaN(at.getTime())) return null
  const [date = '', time = ''] = formatterOf(zone).format(at).split(' ')
  return { date, time }
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone)
  if (known) return known
  // Swedish writes dates as ISO 8601 does: 2026-03-17 19:30:00.
  const formatter = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  formatters.set(timeZone, formatter)
  return formatter
}
