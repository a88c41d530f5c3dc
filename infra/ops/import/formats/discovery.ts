import type { z } from 'zod'
import { type CatalogueEvent, maxPerformers } from '#shared/contracts/organising.ts'
import { type Catalogue, derivedSourceId, maxLengths, plainEvent, type Quirk, tally } from './catalogue.ts'
import { countryCode } from './country-code.ts'
import { amount, flag, list, part, text } from './lenient.ts'
import { priceTiers } from './price-tiers.ts'
import { cleanParagraphs, cleanText } from './text.ts'
import { fixedOffsetZone, ianaZone, localStart } from './time-zone.ts'

/*
 * Ticketmaster Discovery API v2. Seen in ten years of its answers: whole branches missing, `1900-01-01` as the on-sale
 * date of events that have none, three-letter country codes, a UTC day that is not the local one in most events, and one
 * name, venue and date under several ids (parking, packages), which stay separate events.
 */

const sourceVenue = part({
  id: text,
  name: text,
  timezone: text,
  city: part({ name: text }),
  country: part({ name: text, countryCode: text }),
  location: part({ latitude: amount, longitude: amount }),
  address: part({ line1: text }),
})

const sourceEvent = part({
  id: text,
  name: text,
  description: text,
  info: text,
  pleaseNote: text,
  dates: part({
    start: part({ localDate: text, localTime: text, dateTime: text, timeTBA: flag, noSpecificTime: flag }),
    timezone: text,
    status: part({ code: text }),
  }),
  doorsTimes: part({ dateTime: text }),
  sales: part({ public: part({ startDateTime: text, endDateTime: text }) }),
  classifications: list(part({ segment: part({ name: text }) })),
  priceRanges: list(part({ type: text, currency: text, min: amount, max: amount })),
  _embedded: part({ venues: list(sourceVenue), attractions: list(part({ id: text, name: text })) }),
})

type SourceEvent = z.output<typeof sourceEvent>
type SourceVenue = z.output<typeof sourceVenue>

/** Years before it are nobody's on-sale: the source writes 1900 for "unknown". */
const firstSaleYear = 1970

/** Reads the events of a page, an array or a single answer; `events` are as parsed from JSON, nothing is checked yet. */
export function readDiscovery(events: readonly unknown[]): Catalogue {
  const quirks = new Map<Quirk, number>()
  const records = events.map((event) => {
    const source = sourceEvent.parse(event)
    return { sourceId: source.id ?? '', event: toCatalogueEvent(source, quirks) }
  })
  return { kind: 'catalogue', source: 'ticketmaster', records, quirks }
}

function toCatalogueEvent(source: SourceEvent, quirks: Map<Quirk, number>): CatalogueEvent {
  const { dates, sales } = source
  const [firstVenue] = source._embedded.venues
  const venue = firstVenue === undefined ? null : toVenue(firstVenue, quirks)
  const timeIsOpen = dates.start.timeTBA || dates.start.noSpecificTime
  const given = {
    localDate: dates.start.localDate,
    localTime: timeIsOpen ? null : dates.start.localTime,
    instant: timeIsOpen ? null : dates.start.dateTime,
  }
  const zone = ianaZone(dates.timezone) ?? venue?.tz ?? fixedOffsetZone(given)
  const start = localStart({ ...given, zone })
  const performers = toPerformers(source)
  const type = cleanText(source.classifications[0]?.segment.name, maxLengths.type)
  const tiers = priceTiers(source.priceRanges)
  const onSaleAt = instantOf(sales.public.startDateTime)
  const offSaleAt = instantOf(sales.public.endDateTime)
  const doorsAt = instantOf(source.doorsTimes.dateTime)
  tally(quirks, {
    'no time': start.time === null && start.instant === null,
    'no venue': venue === null,
    'no price': source.priceRanges.length === 0,
    'several prices': source.priceRanges.length > 1,
    'price unreadable': source.priceRanges.length > 0 && tiers.length === 0,
    'no tz': ianaZone(dates.timezone) === null,
    'tz unknown': zone === null,
    'no performer': performers.length === 0,
    'no type': type === null,
    'no status': dates.status.code === null,
    'no on-sale': sales.public.startDateTime === null,
    'sentinel on-sale': sales.public.startDateTime !== null && onSaleAt === null,
  })
  return {
    ...plainEvent,
    source_id: source.id ?? '',
    name: cleanText(source.name, maxLengths.name) ?? '',
    type: type === null || type === 'Undefined' ? 'Other' : type,
    description: cleanParagraphs([source.description, source.info, source.pleaseNote], maxLengths.description),
    status: statusOf(dates.status.code),
    starts_on: start.date ?? '',
    starts_at_local: start.time,
    ...(start.instant === null ? {} : { starts_at: start.instant }),
    ...(doorsAt === null ? {} : { doors_at: doorsAt }),
    tz: zone,
    venue,
    performers,
    price_tiers: tiers,
    on_sale_at: onSaleAt,
    off_sale_at: onSaleAt !== null && offSaleAt !== null && offSaleAt <= onSaleAt ? null : offSaleAt,
  }
}

function toVenue(source: SourceVenue, quirks: Map<Quirk, number>): CatalogueEvent['venue'] {
  const name = cleanText(source.name, maxLengths.venueName)
  if (name === null) return null
  const city = cleanText(source.city.name, maxLengths.city)
  const code = source.country.countryCode ?? source.country.name
  const address = cleanText(source.address.line1, maxLengths.venueName)
  tally(quirks, {
    'no city': city === null,
    'no country': code === null,
    'country normalised': code !== null && code.length !== 2,
  })
  return {
    source_id: source.id ?? derivedSourceId(name, city),
    name,
    city,
    country: countryCode(code) ?? countryCode(source.country.name),
    tz: ianaZone(source.timezone),
    ...toPosition(source.location),
    ...(address === null ? {} : { address }),
  }
}

/** Both or none. Zero and zero is how a source writes an unknown place. */
function toPosition(location: SourceVenue['location']): { latitude: number | null; longitude: number | null } {
  const latitude = Number.parseFloat(String(location.latitude))
  const longitude = Number.parseFloat(String(location.longitude))
  const known = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && (latitude !== 0 || longitude !== 0)
  return known ? { latitude, longitude } : { latitude: null, longitude: null }
}

function toPerformers(source: SourceEvent): CatalogueEvent['performers'] {
  const performers = source._embedded.attractions.flatMap(({ id, name }) => {
    const clean = cleanText(name, maxLengths.performer)
    return clean === null ? [] : [{ source_id: id ?? derivedSourceId(clean), name: clean }]
  })
  return [...new Map(performers.map((performer) => [performer.source_id, performer])).values()].slice(0, maxPerformers)
}

/** `onsale` and `offsale` tell how the sale stands, not the event. */
function statusOf(code: string | null): CatalogueEvent['status'] {
  switch (code?.toLowerCase()) {
    case 'cancelled':
    case 'canceled':
      return 'cancelled'
    case 'postponed':
      return 'postponed'
    case 'rescheduled':
      return 'rescheduled'
    default:
      return 'published'
  }
}

/** As UTC, or `null` when missing, unreadable or the sentinel. */
function instantOf(value: string | null): string | null {
  const at = new Date(value ?? '')
  return Number.isNaN(at.getTime()) || at.getUTCFullYear() < firstSaleYear ? null : at.toISOString()
}
