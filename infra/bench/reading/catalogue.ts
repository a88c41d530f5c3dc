import { type CatalogueEvent, importEvents } from '#shared/contracts/organising.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { plainEvent, plainVenue } from '../../ops/import/formats/catalogue.ts'
import { ask } from '../../ops/import/import-context.ts'

const batchSize = 200
const cities = ['Berlin', 'Lisbon', 'Nairobi', 'Osaka', 'Quito', 'Tampere', 'Toronto', 'Zagreb'] as const

/** Stores so many invented events, without seats, and answers their ids. */
export async function storeCatalogue(bus: Bus, count: number): Promise<string[]> {
  const events = Array.from({ length: count }, (_, index) => catalogueEvent(index))
  for (let start = 0; start < count; start += batchSize) {
    const batch = events.slice(start, start + batchSize)
    await ask(bus, importEvents, { source: 'bench', events: batch, reschedule: false })
  }
  return events.map(({ id }) => id)
}

function catalogueEvent(index: number): CatalogueEvent & { id: string } {
  const city = cities[index % cities.length] as string
  const tz = 'Europe/Berlin'
  return {
    ...plainEvent,
    source_id: `bench-${index}`,
    id: `019b0000-0000-7000-8000-${index.toString(16).padStart(12, '0')}`,
    name: `Evening ${index} in ${city}`,
    type: 'Music',
    description: `What is played on evening ${index} is told on the evening itself. `.repeat(8).trim(),
    starts_on: `2099-${String(1 + (index % 12)).padStart(2, '0')}-${String(1 + (index % 28)).padStart(2, '0')}`,
    starts_at_local: '20:00:00',
    tz,
    venue: { ...plainVenue, source_id: `bench-${index % 500}`, name: `House ${index % 500}`, city, tz },
    performers: [{ source_id: `bench-${index % 2_000}`, name: `Ensemble ${index % 2_000}` }],
    price_tiers: [{ name: 'standard', price_minor: 2_500, max_price_minor: 4_500, currency: 'EUR' }],
  }
}
