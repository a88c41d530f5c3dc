import { stockEvent } from '#shared/contracts/stock.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { allowCancelling } from '../support/allow-cancelling.ts'
import { askWorker } from '../support/asking.ts'
import { eventOnSale } from '../support/http.ts'
import { eventWithRoom } from '../support/room-buyers.ts'

export interface House {
  readonly eventId: string
  readonly rows: number
  readonly seatsPerRow: number
  /** Name of its GA area. */
  readonly area: string | null
  /** Buyers have been told that it is sold out. */
  soldOut: boolean
}

/** Small ones, in which everybody wants the same places, and larger ones that do not run out. */
const sizes = [
  ...Array.from({ length: 8 }, () => ({ rows: 4, seatsPerRow: 10, gaTickets: 0 })),
  ...Array.from({ length: 2 }, () => ({ rows: 10, seatsPerRow: 10, gaTickets: 60 })),
  { rows: 15, seatsPerRow: 20, gaTickets: 0 },
  { rows: 60, seatsPerRow: 50, gaTickets: 0 },
  { rows: 60, seatsPerRow: 50, gaTickets: 1_000 },
]
const gaArea = 'Floor'
/** Each is changed four times; so many are changed in some 70 s. */
const changingEvents = 8

/** Puts the houses on sale; each has a price of its own, by which its money can be told from another's. */
export async function openHouses(gatewayUrl: string, natsUrl: string): Promise<House[]> {
  const bus = await Bus.connect({ url: natsUrl, name: 'chaos', timeoutMs: 5_000 })
  try {
    const houses: House[] = []
    for (const [index, { gaTickets, ...size }] of sizes.entries()) {
      const priceMinor = 1_700 + 111 * index
      const eventId = await eventOnSale(gatewayUrl, { ...size, priceMinor, name: `Chaos night ${index + 1}` })
      if (gaTickets > 0) await addArea(bus, { eventId, capacity: gaTickets, priceMinor })
      await allowCancelling(bus, eventId)
      houses.push({ ...size, eventId, area: gaTickets > 0 ? gaArea : null, soldOut: false })
    }
    return houses
  } finally {
    await bus.close()
  }
}

/** A house with a waiting room, which lets in fewer than want to come. */
export function openQueuedHouse(gatewayUrl: string): Promise<string> {
  const room = { adaptive: true, calls_per_minute: 600, max_active: 8, claim_s: 10, session_s: 60, idle_s: 30 }
  return eventWithRoom(gatewayUrl, room, { rows: 60, seatsPerRow: 50, name: 'Queued night' })
}

/** Puts small events on sale that an organiser may change without anybody being refused. */
export async function openChangingEvents(gatewayUrl: string): Promise<string[]> {
  const eventIds: string[] = []
  for (let number = 1; number <= changingEvents; number += 1) {
    eventIds.push(await eventOnSale(gatewayUrl, { rows: 1, seatsPerRow: 2, name: `Changing night ${number}` }))
  }
  return eventIds
}

/** The short way to seat an event by hand has no areas: they are stocked as the event worker would. */
async function addArea(
  bus: Bus,
  { eventId, capacity, priceMinor }: { eventId: string; capacity: number; priceMinor: number },
): Promise<void> {
  await askWorker(bus, stockEvent, {
    event_id: eventId,
    version: 1,
    currency: 'EUR',
    max_tickets_per_user: 10,
    tiers: [],
    rows: [],
    areas: [{ area_no: 0, name: gaArea, capacity, price_minor: priceMinor + 7 }],
  })
}
