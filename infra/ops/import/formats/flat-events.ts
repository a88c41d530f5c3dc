import type { z } from 'zod'
import type { CatalogueEvent } from '#shared/contracts/organising.ts'
import { type Catalogue, derivedSourceId, maxLengths, plainEvent, plainVenue, type Quirk, tally } from './catalogue.ts'
import { type CityZones, currencyOf, zonesOfCity } from './city-zones.ts'
import { countryCode } from './country-code.ts'
import { amount, part, text } from './lenient.ts'
import { priceTiers } from './price-tiers.ts'
import { cleanText } from './text.ts'
import { localStart, zoneOfStart } from './time-zone.ts'

/*
 * A flat catalogue of concerts, one JSON object a line. It names neither zone, local time, currency nor venue id: zone
 * and currency follow from city and country. The zone may be that of another place of the same name, or only of the same country,
 * which shows a wrong local time; the instant is the source's, and right whatever the zone.
 */

const sourceEvent = part({
  id: text,
  eventName: text,
  artistName: text,
  date: text,
  dateTime: text,
  venueName: text,
  city: text,
  country: text,
  priceMin: amount,
  priceMax: amount,
})

type SourceEvent = z.output<typeof sourceEvent>

const noZones: CityZones = { zones: [], ofCity: false }

/** Lines that are not JSON arrive as `undefined` and are refused one by one. */
export function readFlatEvents(lines: readonly unknown[]): Catalogue {
  const quirks = new Map<Quirk, number>()
  const records = lines.map((line, index) => {
    if (line === undefined) return { sourceId: `line ${index + 1}`, refused: 'is not JSON' }
    const source = sourceEvent.parse(line)
    return { sourceId: source.id ?? '', event: toCatalogueEvent(source, quirks) }
  })
  return { kind: 'catalogue', source: 'flat-catalogue', records, quirks }
}

function toCatalogueEvent(source: SourceEvent, quirks: Map<Quirk, number>): CatalogueEvent {
  const country = countryCode(source.country)
  const city = cleanText(source.city, maxLengths.city)
  const given = { localDate: source.date, localTime: null, instant: source.dateTime }
  const { zones, ofCity } = country === null ? noZones : zonesOfCity({ country, city })
  const zone = zoneOfStart(zones, given)
  const start = localStart({ ...given, zone })
  const artist = cleanText(source.artistName, maxLengths.performer)
  const venueName = cleanText(source.venueName, maxLengths.venueName)
  const currency = country === null ? null : currencyOf(country)
  const hasPrice = source.priceMin !== null || source.priceMax !== null
  const tiers = priceTiers(hasPrice ? [{ type: null, currency, min: source.priceMin, max: source.priceMax }] : [])
  tally(quirks, {
    'no time': start.time === null && start.instant === null,
    'no venue': venueName === null,
    'no price': !hasPrice,
    'price unreadable': hasPrice && tiers.length === 0,
    'tz unknown': zone === null,
    'tz of the country': zones.length > 1 && !ofCity,
    'no city': city === null,
    'no country': country === null,
    'no performer': artist === null,
  })
  const venue = {
    ...plainVenue,
    source_id: derivedSourceId(venueName, city),
    name: venueName ?? '',
    city,
    country,
    tz: zone,
  }
  return {
    ...plainEvent,
    source_id: source.id ?? '',
    name: cleanText(source.eventName, maxLengths.name) ?? '',
    type: 'Music',
    starts_on: start.date ?? '',
    starts_at_local: start.time,
    ...(start.instant === null ? {} : { starts_at: start.instant }),
    tz: zone,
    venue: venueName === null ? null : venue,
    performers: artist === null ? [] : [{ source_id: derivedSourceId(artist), name: artist }],
    price_tiers: tiers,
  }
}
