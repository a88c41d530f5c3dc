import { randomUUID } from 'node:crypto'
import { type Answer, ask, eventOnSale } from './http.ts'
import { SeatStreamClient } from './seat-stream-client.ts'
import { organiserKey, type System } from './system.ts'

/** Somebody who does a bit of everything until told to stop. */
export interface Shoppers {
  stop(): Promise<void>
}

/** Browses, asks too often, watches seats, holds, loses seats, buys, is declined and gets money back at all gateways, again and again. */
export async function startShoppers(system: System): Promise<Shoppers> {
  const gateways = system.gateways.map(({ url }) => url)
  const eventId = await eventOnSale(system.url, { rows: 40, seatsPerRow: 50 })
  const watcher = await new SeatStreamClient().connect(`${system.url}/events/${eventId}/seats/stream`)
  const stopping = new AbortController()
  const shopping = gateways.map(async (url) => {
    while (!stopping.signal.aborted) await shopOnce(url, eventId)
  })
  return {
    async stop() {
      stopping.abort()
      watcher.cut()
      await Promise.all(shopping)
    },
  }
}

/** What a busy machine is too slow for is left out this time. */
async function shopOnce(url: string, eventId: string): Promise<void> {
  await ask(`${url}/events`)
  await ask(`${url}/events/${eventId}`)
  await ask(`${url}/events/search?keyword=test`)
  await ask(`${url}/bookings?user_id=impatient`)
  await buy(url, eventId, 'tok_declined')
  const bought = await buy(url, eventId, 'tok_ok')
  if (bought.status !== 201) return
  const { id, places } = bought.body
  await ask(`${url}/events/${eventId}/holds`, { json: { user_id: randomUUID(), seat_nos: [places[0].seat_no] } })
  await ask(`${url}/admin/bookings/${id}/refund`, {
    headers: { authorization: `Bearer ${organiserKey}`, 'idempotency-key': randomUUID() },
    json: {},
  })
}

const buy = (url: string, eventId: string, payment_token: string): Promise<Answer> =>
  ask(`${url}/purchase`, {
    headers: { 'idempotency-key': randomUUID() },
    json: { user_id: randomUUID(), event_id: eventId, best_available: { qty: 2 }, payment_token },
  })
