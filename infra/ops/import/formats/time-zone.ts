import { formatterOf, instantsOf, localTimeAt } from '#shared/local-time.ts'

/* Time zones and local times of sources that give some of: local date, local time, instant, zone. */

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
  /** RFC 3339, where date, time and zone alone do not say it. */
  readonly instant: string | null
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

/** Found by `ianaZone`: asking Node takes longer than the rest of an import. */
const knownZones = new Map<string, string>()

/** The present IANA name of a zone, or `null` when this Node does not know it. */
export function ianaZone(zone: string | null): string | null {
  if (zone === null) return null
  const known = knownZones.get(zone)
  if (known !== undefined) return known
  try {
    const { timeZone } = formatterOf(zone).resolvedOptions()
    const present = presentNames[timeZone] ?? timeZone
    knownZones.set(zone, present)
    return present
  } catch {
    return null
  }
}

/**
 * When an event starts at its venue. What the source says locally counts; the instant fills what is missing, and tells which of
 * two equal local times is meant. It is kept where it cannot be told by a local time, for lack of a zone or because it falls on
 * another date. A local time that clocks skip or show twice says nothing by itself.
 */
export function localStart(source: GivenStart & { zone: string | null }): LocalStart {
  const { zone } = source
  const given = new Date(source.instant ?? '')
  const instant = Number.isNaN(given.getTime()) ? null : given.toISOString()
  const converted = zone === null || instant === null ? null : localTimeAt(given, zone)
  const date = source.localDate ?? converted?.date ?? null
  const hasLocalTime = source.localTime !== null && timePattern.test(source.localTime)
  const time = hasLocalTime ? source.localTime : converted?.date === date ? (converted?.time ?? null) : null
  if (zone === null || date === null || time === null) return { date, time, instant }
  if (Number.isNaN(Date.parse(date))) return { date, time, instant: null }
  const possible = instantsOf({ date, time }, zone).map((at) => at.toISOString())
  if (possible.length === 1) return { date, time, instant: null }
  if (possible.length === 0 || instant === null) return { date, time: null, instant }
  return possible.includes(instant) ? { date, time, instant } : { date, time: null, instant: null }
}

/** The first of some zones in which the instant falls on the local date, where the source names both; else the first. */
export function zoneOfStart(
  zones: readonly string[],
  { localDate, instant }: Pick<GivenStart, 'localDate' | 'instant'>,
): string | null {
  const at = new Date(instant ?? '')
  const fitting = Number.isNaN(at.getTime())
    ? undefined
    : zones.find((zone) => localTimeAt(at, zone).date === localDate)
  return fitting ?? zones[0] ?? null
}

/** The whole-hour `Etc/GMT` zone between a local time and its instant; their names count westwards. */
export function fixedOffsetZone(source: GivenStart): string | null {
  const local = Date.parse(`${source.localDate}T${source.localTime}Z`)
  const hours = (local - Date.parse(source.instant ?? '')) / 3_600_000
  if (!Number.isInteger(hours) || hours < -12 || hours > 14) return null
  if (hours === 0) return 'Etc/UTC'
  return hours > 0 ? `Etc/GMT-${hours}` : `Etc/GMT+${-hours}`
}
