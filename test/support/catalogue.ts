import type { Layout } from '#shared/contracts/layout.ts'
import type { CatalogueEvent } from '#shared/contracts/organising.ts'

/** `YYYY-MM-DD`, so many days from today in Greenwich. */
export const daysFromToday = (days: number): string =>
  new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

/** An event as an importer hands it over: next month, at a venue in Berlin, without prices. */
export const importedEvent = (sourceId: string, given: Partial<CatalogueEvent> = {}): CatalogueEvent => ({
  source_id: sourceId,
  name: `Event ${sourceId}`,
  type: 'Music',
  description: null,
  status: 'published',
  starts_on: daysFromToday(30),
  starts_at_local: '20:00:00',
  tz: 'Europe/Berlin',
  venue: venueNamed('Große Halle', { city: 'Berlin', country: 'DE' }),
  performers: [],
  price_tiers: [],
  on_sale_at: null,
  off_sale_at: null,
  max_tickets_per_user: null,
  ...given,
})

export const venueNamed = (
  name: string,
  { city, country }: { city: string; country: string },
): CatalogueEvent['venue'] => ({ source_id: name, name, city, country, tz: null, latitude: null, longitude: null })

export const tier = (priceMinor: number) => ({
  name: 'Standard',
  price_minor: priceMinor,
  max_price_minor: priceMinor,
  currency: 'EUR',
})

/** Rows of ten seats in one section; the first row is of the category `Front`, the others are `Back`. */
export function smallLayout({ rows }: { rows: number }): Layout {
  const places = Array.from({ length: 10 }, (_, index) => index)
  return {
    name: 'Small house',
    width: 10,
    height: rows,
    categories: ['Front', 'Back'],
    rows: Array.from({ length: rows }, (_, index) => ({
      section: 'Stalls',
      label: String(index + 1),
      category: index === 0 ? 0 : 1,
      seats: places.map((place) => String(place + 1)),
      x: places,
      y: places.map(() => index),
    })),
    areas: [{ name: 'Standing', capacity: 50 }],
  }
}
