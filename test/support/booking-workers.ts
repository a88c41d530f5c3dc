import type { Contract, ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import { type Hold, holdSeats } from '#shared/contracts/holds.ts'
import { beginPayment, confirmHold } from '#shared/contracts/payment-steps.ts'
import { setSale, stockEvent } from '#shared/contracts/stock.ts'
import { Postgres } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { user } from '#shared/messaging/caller.ts'
import { serve } from '#shared/messaging/serve.ts'
import { createLogger } from '#shared/observability/log.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import type { Close } from '#shared/process/lifecycle.ts'
import type { NatsUrls } from '../../infra/system/servers/nats-users.ts'
import { bookingWorker } from '../../workers/booking/booking-worker.ts'
import { type AskingOptions, askWorker } from './asking.ts'
import { createTestDatabase } from './database.ts'
import { forFile, forProcess } from './for-file.ts'
import { letRunOut } from './let-run-out.ts'
import { startTestNats } from './servers.ts'
import { untilServed } from './until-served.ts'

export interface AskOptions extends AskingOptions {
  /** User id of a buyer, instead of `caller`. */
  readonly as?: string
}

type Stock = RequestOf<typeof stockEvent>

export interface House {
  readonly rows?: number
  readonly seatsPerRow?: number
  readonly priceMinor?: number
  readonly maxTicketsPerUser?: number
  readonly tiers?: Stock['tiers']
  /** Capacity and price of GA areas by name. */
  readonly areas?: Readonly<Record<string, { readonly capacity: number; readonly priceMinor?: number }>>
  /** What is special about a row. `tier` is an index into `tiers`. */
  readonly rowOf?: (rowNo: number) => HouseRow
}

interface HouseRow {
  readonly section?: string
  readonly tier?: number
  readonly accessible?: boolean
  readonly priceMinor?: number
}

/** Booking workers in this process, each with connections of its own to real NATS and Postgres. */
export interface BookingWorkers {
  readonly natsUrls: NatsUrls
  /** The superuser's. */
  readonly databaseUrl: string
  /** The operator's. */
  readonly bus: Bus
  readonly postgres: Postgres
  /**
   * Calls an operation and checks that its reply is what the contract says and nothing else. Where the database has no
   * connection left it retries, as buyers do: a busy machine is no fault of the product. Lock time-outs are not retried.
   */
  ask<C extends Contract>(contract: C, request: RequestOf<C>, options?: AskOptions): Promise<ReplyOf<C>>
  /** The refusal of an operation that must not succeed. */
  refusal<C extends Contract>(contract: C, request: RequestOf<C>, options?: AskOptions): Promise<TicketingError>
  /** A house of equal rows, numbered row by row, on sale. Answers the event's id. */
  openHouse(house?: House): Promise<string>
  hold(eventId: string, seatNos: number[], as: string): Promise<Hold>
  /** Holds, pays and confirms. Answers the booking's id. */
  buy(eventId: string, seatNos: number[], as: string): Promise<string>
  /** Moves the hold's end into the past, as if its time were over. */
  letRunOut(hold: Pick<Hold, 'id'>): Promise<void>
  stop(): Promise<void>
}

export interface BookingWorkersOptions {
  readonly instances?: number
  readonly env?: Record<string, string>
  /** Another make of the worker, for positive controls. */
  readonly worker?: typeof bookingWorker
}

/** Each may take the 2 s that a connection is waited for. */
const maxTries = 5

/** The sweeper is off unless `env` says otherwise: nothing may depend on it. */
export async function startBookingWorkers({
  instances = 1,
  env = {},
  worker = bookingWorker,
}: BookingWorkersOptions = {}): Promise<BookingWorkers> {
  const [nats, database] = await Promise.all([startTestNats(), createTestDatabase()])
  const closers: Close[] = []
  const connect = async (name: string, natsUrl: string): Promise<{ bus: Bus; postgres: Postgres }> => {
    const onIdleError = () => undefined
    const postgres = new Postgres({
      url: database.url,
      applicationName: name,
      maxConnections: 10,
      planOnce: true,
      onIdleError,
    })
    closers.push(() => postgres.close())
    const bus = await Bus.connect({ url: natsUrl, name, timeoutMs: 5_000 })
    closers.push(() => bus.close())
    return { bus, postgres }
  }
  const log = createLogger({ name: 'booking', instance: 'test', level: 'fatal' })
  for (let instance = 1; instance <= instances; instance++) {
    const name = `booking-${instance}`
    const parts = { ...(await connect(name, nats.urls.booking)), metrics: new Metrics(name), log }
    const config = worker.settings.parse({
      INSTANCE: name,
      NATS_URL: nats.urls.booking,
      DATABASE_URL: database.url,
      SWEEPER: 'off',
      ...env,
    })
    const operations = worker.operations(parts, config, (_name, close) => closers.push(close))
    const service = await serve(parts.bus, { worker: 'booking', instance: name, operations, maxInFlight: 256, log })
    closers.push(() => service.stop(2_000))
  }
  const { bus, postgres } = await connect('test', nats.urls.operator)
  await untilServed(bus, 'booking')

  const ask: BookingWorkers['ask'] = async (contract, request, { as, ...options } = {}) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await askWorker(bus, contract, request, as === undefined ? options : { ...options, caller: user(as) })
      } catch (error) {
        const mayAskAgain = error instanceof TicketingError && error.code === 'unavailable'
        if (!mayAskAgain || tries === maxTries) throw error
      }
    }
  }
  return {
    natsUrls: nats.urls,
    databaseUrl: database.url,
    bus,
    postgres,
    ask,
    async refusal(contract, request, options) {
      const answer: unknown = await ask(contract, request, options).catch((error: unknown) => error)
      if (answer instanceof TicketingError) return answer
      throw new Error(`expected a refusal, got ${JSON.stringify(answer)}`)
    },
    async openHouse(house = {}) {
      const { rows = 5, seatsPerRow = 10, priceMinor = 5_000, maxTicketsPerUser = 8 } = house
      const { tiers = [{ name: 'Standard', steps: [] }], areas = {}, rowOf = () => ({}) } = house
      const eventId = newId()
      const labels = Array.from({ length: seatsPerRow }, (_, index) => String(index + 1))
      await ask(stockEvent, {
        event_id: eventId,
        version: 1,
        currency: 'EUR',
        max_tickets_per_user: maxTicketsPerUser,
        tiers,
        areas: Object.entries(areas).map(([name, area], area_no) => ({
          area_no,
          name,
          capacity: area.capacity,
          price_minor: area.priceMinor ?? priceMinor,
        })),
        rows: Array.from({ length: rows }, (_, rowNo) => {
          const row: HouseRow = rowOf(rowNo)
          return {
            row_no: rowNo,
            section: row.section ?? 'Stalls',
            label: `R${rowNo + 1}`,
            first_seat_no: rowNo * seatsPerRow,
            seats: labels,
            prices_minor: labels.map(() => row.priceMinor ?? priceMinor),
            tier_nos: labels.map(() => row.tier ?? 0),
            accessible: row.accessible ?? false,
          }
        }),
      })
      await ask(setSale, { event_id: eventId, status: 'on_sale', on_sale_at: null, off_sale_at: null })
      return eventId
    },
    hold: (eventId, seatNos, as) =>
      ask(holdSeats, { event_id: eventId, seat_nos: seatNos }, { as, idempotencyKey: newId() }),
    async buy(eventId, seatNos, as) {
      const { id } = await ask(holdSeats, { event_id: eventId, seat_nos: seatNos }, { as })
      const { booking_id } = await ask(beginPayment, { hold_id: id }, { as })
      await ask(confirmHold, { booking_id })
      return booking_id
    },
    letRunOut: (hold) => letRunOut(postgres, hold),
    async stop() {
      for (const close of closers.toReversed()) await close()
      await Promise.all([nats.stop(), database.drop()])
    },
  }
}

/** Two of them for all files of a process. Tests look at their own events alone, and may sweep at any time. */
export const sharedBookingWorkers = forProcess(() => forFile(() => startBookingWorkers({ instances: 2 })))
