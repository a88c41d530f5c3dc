import { type Booking, viewBooking } from '#shared/contracts/bookings.ts'
import type { Contract, ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import { changeHold, type Hold, holdSeats, releaseHold, viewHold } from '#shared/contracts/holds.ts'
import { beginPayment, confirmHold, recordPayment } from '#shared/contracts/payment-steps.ts'
import { listSeats } from '#shared/contracts/seats.ts'
import { setSale, stockEvent } from '#shared/contracts/stock.ts'
import type { Postgres } from '#shared/database/postgres.ts'
import type { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { user } from '#shared/messaging/caller.ts'
import { serve } from '#shared/messaging/serve.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import type { Close } from '#shared/process/lifecycle.ts'
import type { NatsUrls } from '../../infra/system/servers/nats-users.ts'
import { bookingWorker } from '../../workers/booking/booking-worker.ts'
import { type AskingOptions, askUntilAvailable, askWorker } from './asking.ts'
import { createTestDatabase } from './database.ts'
import { forFile, forProcess } from './for-file.ts'
import { letRunOut } from './let-run-out.ts'
import { openPostgres } from './open-postgres.ts'
import { refusalOf } from './refusals.ts'
import { startTestNats } from './servers.ts'
import { silentLog } from './silent-log.ts'
import { untilServed } from './until-served.ts'

export interface AskOptions extends AskingOptions {
  /** User id of a buyer, instead of `caller`. */
  readonly as?: string
}

type Stock = RequestOf<typeof stockEvent>
type Sale = Omit<RequestOf<typeof setSale>, 'event_id'>
type Selection = Omit<RequestOf<typeof holdSeats>, 'event_id'>

/** Seats by their numbers, or any selection. */
export type Wanted = readonly number[] | Selection
/** Of a hold, what its buyer names it by. */
type OwnHold = Pick<Hold, 'id' | 'user_id'>

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

/** Booking workers in this process, each with its connections to real NATS and Postgres. */
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
  /** `as`: a new buyer, unless one is named. */
  hold(eventId: string, wanted: Wanted, as?: string): Promise<Hold>
  /** Exchanges the places of a hold for others. */
  swap(hold: OwnHold, wanted: Wanted): Promise<Hold>
  extend(hold: OwnHold): Promise<Hold>
  release(hold: OwnHold): Promise<unknown>
  /** A hold as its buyer sees it now. */
  viewHold(hold: OwnHold): Promise<Hold>
  /** Begins to pay for a hold. Answers the booking's id. */
  beginPayment(hold: OwnHold): Promise<string>
  /** What comes of an authorised payment: `CONFIRMED` or `LOST`. */
  confirm(bookingId: string): Promise<string>
  /** Holds, pays and confirms. Answers the booking's id. */
  buy(eventId: string, wanted: Wanted, as?: string): Promise<string>
  /** Buys, and captures unless told otherwise. Answers the booking. */
  buyTickets(eventId: string, wanted: Wanted, as: string, options?: { captured?: boolean }): Promise<Booking>
  viewBooking(bookingId: string, as: string): Promise<Booking>
  /** On sale without an end, but for what is given. */
  setSale(eventId: string, sale?: Partial<Sale>): Promise<ReplyOf<typeof setSale>>
  /** States of all seats in the order of their numbers: `available held sold`. */
  statesOf(eventId: string): Promise<string>
  /** Moves the hold's end into the past, as if its time were over. */
  letRunOut(hold: Pick<Hold, 'id'>): Promise<void>
  stop(): Promise<void>
}

export interface BookingWorkersOptions {
  readonly instances?: number
  readonly env?: Record<string, string>
  /** Whether they wait for locks no longer than the product does: the default. Else a loaded machine makes no difference. */
  readonly isImpatient?: boolean
  /** Another make of the worker, for positive controls. */
  readonly worker?: typeof bookingWorker
}

/** The sweeper is off unless `env` says otherwise: nothing may depend on it. */
export async function startBookingWorkers({
  instances = 1,
  env = {},
  isImpatient = true,
  worker = bookingWorker,
}: BookingWorkersOptions = {}): Promise<BookingWorkers> {
  const [nats, database] = await Promise.all([startTestNats(), createTestDatabase()])
  const closers: Close[] = []
  const connect = async (name: string, natsUrl: string): Promise<{ bus: Bus; postgres: Postgres }> => {
    const postgres = openPostgres(database.url, {
      ...{ applicationName: name, maxConnections: 10, planOnce: true, isImpatient },
    })
    closers.push(() => postgres.close())
    const bus = await Bus.connect({ url: natsUrl, name, timeoutMs: 15_000 })
    closers.push(() => bus.close())
    return { bus, postgres }
  }
  for (let instance = 1; instance <= instances; instance++) {
    const name = `booking-${instance}`
    const parts = { ...(await connect(name, nats.urls.booking)), metrics: new Metrics(name), log: silentLog }
    const config = worker.settings.parse({
      INSTANCE: name,
      NATS_URL: nats.urls.booking,
      DATABASE_URL: database.url,
      SWEEPER: 'off',
      ...env,
    })
    const operations = worker.operations(parts, config, (_name, close) => closers.push(close))
    const service = await serve(parts.bus, {
      worker: 'booking',
      instance: name,
      operations,
      maxInFlight: 256,
      log: silentLog,
    })
    closers.push(() => service.stop(2_000))
  }
  const { bus, postgres } = await connect('test', nats.urls.operator)
  await untilServed(bus, 'booking')

  const ask: BookingWorkers['ask'] = (contract, request, { as, ...options } = {}) => {
    const asking = as === undefined ? options : { ...options, caller: user(as) }
    return askUntilAvailable(() => askWorker(bus, contract, request, asking), ['unavailable'])
  }
  const workers: BookingWorkers = {
    natsUrls: nats.urls,
    databaseUrl: database.url,
    bus,
    postgres,
    ask,
    refusal: (contract, request, options) => refusalOf(ask(contract, request, options)),
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
      await workers.setSale(eventId)
      return eventId
    },
    hold: (eventId, wanted, as = newId()) =>
      ask(holdSeats, { event_id: eventId, ...selectionOf(wanted) }, { as, idempotencyKey: newId() }),
    swap: ({ id, user_id }, wanted) => ask(changeHold, { hold_id: id, ...selectionOf(wanted) }, { as: user_id }),
    extend: ({ id, user_id }) => ask(changeHold, { hold_id: id, extend: true }, { as: user_id }),
    release: ({ id, user_id }) => ask(releaseHold, { hold_id: id }, { as: user_id }),
    viewHold: ({ id, user_id }) => ask(viewHold, { hold_id: id }, { as: user_id }),
    beginPayment: async ({ id, user_id }) => (await ask(beginPayment, { hold_id: id }, { as: user_id })).booking_id,
    confirm: async (bookingId) => (await ask(confirmHold, { booking_id: bookingId })).outcome,
    async buy(eventId, wanted, as) {
      const bookingId = await workers.beginPayment(await workers.hold(eventId, wanted, as))
      await ask(confirmHold, { booking_id: bookingId })
      return bookingId
    },
    async buyTickets(eventId, wanted, as, { captured = true } = {}) {
      const booking = await workers.viewBooking(await workers.buy(eventId, wanted, as), as)
      if (!captured) return booking
      const payment = { status: 'captured', captured_minor: booking.total_minor } as const
      return ask(recordPayment, { booking_id: booking.id, attempt: 1, ...payment })
    },
    viewBooking: (booking_id, as) => ask(viewBooking, { booking_id }, { as }),
    setSale: (event_id, sale = {}) =>
      ask(setSale, { event_id, status: 'on_sale', on_sale_at: null, off_sale_at: null, ...sale }),
    async statesOf(event_id) {
      const { items } = await ask(listSeats, { event_id })
      return items.map(({ state }) => state).join(' ')
    },
    letRunOut: (hold) => letRunOut(postgres, hold),
    async stop() {
      for (const close of closers.toReversed()) await close()
      await Promise.all([nats.stop(), database.drop()])
    },
  }
  return workers
}

const selectionOf = (wanted: Wanted): Selection => ('length' in wanted ? { seat_nos: [...wanted] } : wanted)

/**
 * Two of them for all files of a process. Tests look at their own events alone, and may sweep at any time. They wait for locks longer than
 * the product does: whether requests get in each other's way is asked here; how soon a loaded machine gets on is not.
 */
export const sharedBookingWorkers = forProcess(() =>
  forFile(() => startBookingWorkers({ instances: 2, isImpatient: false })),
)
