import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { viewAvailability } from '#shared/contracts/seats.ts'
import { setSale, stockEvent } from '#shared/contracts/stock.ts'
import { TicketingError } from '#shared/errors.ts'
import { operation } from '#shared/messaging/serve.ts'
import type { NatsUrls } from '../../infra/system/servers/nats-users.ts'
import { serveScripted } from './scripted-worker.ts'

type Batch = ParsedRequestOf<typeof stockEvent>
type Sale = ParsedRequestOf<typeof setSale>

/** The booking worker as the event worker knows it: it takes stock and sales into memory and counts seats. */
export interface ScriptedStock {
  /** Batches as they came, oldest first. */
  readonly batches: Batch[]
  /** Sales as they came, oldest first. */
  readonly sales: Sale[]
  /** Seats that are free no more, by event. */
  readonly taken: Map<string, number>
  /** What seats of tiers cost that have reached a step, by event. */
  readonly steppedPrices: Map<string, { tier: string; price_minor: number }[]>
  /** The next message of that kind is refused as if the database were away. */
  failStock: boolean
  failSale: boolean
  /** Questions for availability are never answered. */
  silent: boolean
  stop(): Promise<void>
}

export async function startScriptedStock(natsUrls: NatsUrls): Promise<ScriptedStock> {
  const seats = new Map<string, Set<number>>()
  const gaPlaces = new Map<string, number>()
  const stock: Omit<ScriptedStock, 'stop'> = {
    batches: [],
    sales: [],
    taken: new Map(),
    steppedPrices: new Map(),
    failStock: false,
    failSale: false,
    silent: false,
  }
  const operations = [
    operation(stockEvent, async (batch) => {
      if (stock.failStock) {
        stock.failStock = false
        throw new TicketingError('unavailable', 'as scripted')
      }
      stock.batches.push(batch)
      const ofEvent = seats.get(batch.event_id) ?? new Set()
      const before = ofEvent.size
      for (const row of batch.rows) for (const index of row.seats.keys()) ofEvent.add(row.first_seat_no + index)
      seats.set(batch.event_id, ofEvent)
      const places = batch.areas.reduce((sum, { capacity }) => sum + capacity, 0)
      gaPlaces.set(batch.event_id, Math.max(places, gaPlaces.get(batch.event_id) ?? 0))
      return { seats_added: ofEvent.size - before }
    }),
    operation(setSale, async (sale) => {
      if (stock.failSale) {
        stock.failSale = false
        throw new TicketingError('unavailable', 'as scripted')
      }
      if (!seats.has(sale.event_id)) throw new TicketingError('not_found', 'nothing was stocked')
      const last = stock.sales.findLast(({ event_id }) => event_id === sale.event_id)
      if (last?.status === 'cancelled' && sale.status !== 'cancelled') {
        throw new TicketingError('event_cancelled', 'as scripted')
      }
      stock.sales.push(sale)
      return { changed: true }
    }),
    operation(viewAvailability, async ({ event_ids }) => {
      if (stock.silent) await new Promise(() => undefined)
      const items = event_ids.flatMap((id) => {
        const numbered = seats.get(id)?.size
        if (numbered === undefined) return []
        const seatCount = numbered + (gaPlaces.get(id) ?? 0)
        return [
          {
            event_id: id,
            place_count: seatCount,
            available: seatCount - (stock.taken.get(id) ?? 0),
            stepped_prices: stock.steppedPrices.get(id) ?? [],
          },
        ]
      })
      return { items }
    }),
  ]
  return Object.assign(stock, { stop: await serveScripted(natsUrls, 'booking', operations) })
}
