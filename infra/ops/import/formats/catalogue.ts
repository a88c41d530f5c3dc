import { createHash } from 'node:crypto'
import { type CatalogueEvent, catalogueEvent } from '#shared/contracts/organising.ts'

/** What a file of events comes to: normalised events, and how often each peculiarity of the source was met. */
export interface Catalogue {
  readonly kind: 'catalogue'
  /** Source ids are unique within it. */
  readonly source: string
  readonly records: readonly CatalogueRecord[]
  readonly quirks: QuirkCounts
}

/** An event still to be checked against the contract, or why there is none. */
export type CatalogueRecord =
  | { readonly event: CatalogueEvent; readonly sourceId: string }
  | { readonly refused: string; readonly sourceId: string }

export type QuirkCounts = ReadonlyMap<Quirk, number>

/** In the order of the report. Each says what the source has, or lacks, whatever could be concluded in its place. */
export const quirks = [
  'no time',
  'no venue',
  'no price',
  'several prices',
  'no tz',
  'tz unknown',
  'tz of the country',
  'no city',
  'no country',
  'country normalised',
  'no performer',
  'no type',
  'no status',
  'no on-sale',
  'sentinel on-sale',
  'price unreadable',
] as const

export type Quirk = (typeof quirks)[number]

/** Counts what applies: `tally(counts, {'no time': time === null})`. */
export function tally(counts: Map<Quirk, number>, found: Partial<Record<Quirk, boolean>>): void {
  for (const [quirk, applies] of Object.entries(found) as [Quirk, boolean][]) {
    if (applies) counts.set(quirk, (counts.get(quirk) ?? 0) + 1)
  }
}

const { shape } = catalogueEvent
const venueShape = shape.venue.unwrap().shape
const tierShape = shape.price_tiers.element.shape

/** Longest texts that the contract takes, in UTF-16 units. */
export const maxLengths = {
  name: shape.name.maxLength ?? 0,
  type: shape.type.maxLength ?? 0,
  description: shape.description.unwrap().maxLength ?? 0,
  venueName: venueShape.name.maxLength ?? 0,
  city: venueShape.city.unwrap().maxLength ?? 0,
  performer: shape.performers.element.shape.name.maxLength ?? 0,
  tierName: tierShape.name.maxLength ?? 0,
}

/** The highest price that the contract takes, in minor units. */
export const maxPriceMinor = tierShape.price_minor.maxValue ?? 0

/** A source id for what its source gives none: the same names make the same id. */
export function derivedSourceId(...names: (string | null)[]): string {
  const key = names.map((name) => name?.toLowerCase() ?? '').join('\n')
  return `derived-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`
}

/** An event of which a source says no more than its name and its start. */
export const plainEvent = {
  type: 'Other',
  description: null,
  status: 'published',
  performers: [],
  price_tiers: [],
  on_sale_at: null,
  off_sale_at: null,
  max_tickets_per_user: null,
} satisfies Partial<CatalogueEvent>

export const plainVenue = { city: null, country: null, tz: null, latitude: null, longitude: null }
