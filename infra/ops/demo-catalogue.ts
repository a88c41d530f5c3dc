import { listEvents } from '#shared/contracts/event.ts'
import { seatCount } from '#shared/contracts/layout.ts'
import { attachSeating, type CatalogueEvent, importEvents } from '#shared/contracts/organising.ts'
import { demoEventId } from '#shared/ids.ts'
import { instantsOf } from '#shared/local-time.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import type { Say } from '../say.ts'
import { type DemoEvent, demoEvents, demoIdAt } from './demo-catalogue/events.ts'
import { derivedSourceId, plainEvent } from './import/formats/catalogue.ts'
import { ask, findEvent } from './import/import-context.ts'

export interface DemoCatalogueParts {
  readonly bus: Bus
  readonly say: Say
  readonly now: Date
}

/**
 * Fills a database that has no events with a small catalogue of invented ones, dated from `now`; those in houses with
 * seats are on sale. Finishes one that was broken off; else does nothing.
 */
export async function fillDemoCatalogue({ bus, say, now }: DemoCatalogueParts): Promise<void> {
  const first = await findEvent(bus, demoEventId)
  // Seats are attached from the last event to the first: when that one has some, all have.
  if (first === null ? await hasEvents(bus) : first.seat_count > 0) return
  const events = demoEvents.map((event, index) => toCatalogueEvent(event, { id: demoIdAt(index), now }))
  await ask(bus, importEvents, { source: 'demo', events, reschedule: false })
  say(`Demo catalogue: ${events.length} invented events`)
  for (const [index, event] of [...demoEvents.entries()].toReversed()) {
    await putOnSale(event, { bus, say, now, id: demoIdAt(index) })
  }
}

async function putOnSale(event: DemoEvent, { bus, say, now, id }: DemoCatalogueParts & { id: string }): Promise<void> {
  const { prices, venue } = event
  if (venue.drawSeats === null || isRange(prices)) return
  const layout = venue.drawSeats(venue.name)
  await ask(bus, attachSeating, {
    event_id: id,
    layout,
    price_minor: Math.min(...Object.values(prices)),
    category_prices: { ...prices },
    price_steps: { ...event.priceSteps },
    currency: venue.currency,
    on_sale_at: now.toISOString(),
  })
  say(`  on sale: ${event.name}, ${venue.city}, ${seatCount(layout).toLocaleString('en-US')} seats`)
}

function toCatalogueEvent(event: DemoEvent, { id, now }: { id: string; now: Date }): CatalogueEvent {
  const { venue, prices } = event
  const startsOn = new Date(now.getTime() + event.inDays * 86_400_000).toISOString().slice(0, 10)
  const { name, city, country, tz, latitude, longitude, address } = venue
  return {
    ...plainEvent,
    id,
    source_id: id,
    name: event.name,
    type: event.type,
    status: event.rescheduled ? 'rescheduled' : 'published',
    starts_on: startsOn,
    starts_at_local: event.at,
    ...doorsAt(event, startsOn),
    tz,
    venue: {
      ...{ source_id: derivedSourceId(name, city), name, city, country, tz, latitude, longitude },
      ...(address === undefined ? {} : { address }),
    },
    performers: event.performers.map((name) => ({ source_id: derivedSourceId(name), name })),
    price_tiers: isRange(prices)
      ? [{ name: 'standard', price_minor: prices[0], max_price_minor: prices[1], currency: venue.currency }]
      : [],
  }
}

/** Houses with seats open their doors an hour before. */
function doorsAt({ at, venue }: DemoEvent, date: string): { doors_at?: string } {
  const [start] = at === null || venue.drawSeats === null ? [] : instantsOf({ date, time: at }, venue.tz)
  return start === undefined ? {} : { doors_at: new Date(start.getTime() - 3_600_000).toISOString() }
}

function isRange(prices: DemoEvent['prices']): prices is readonly [number, number] {
  return Array.isArray(prices)
}

async function hasEvents(bus: Bus): Promise<boolean> {
  const { items } = await ask(bus, listEvents, { status: 'any', limit: 1 })
  return items.length > 0
}
