import type { Database } from '#shared/database/postgres.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { readLedger } from '../../support/ledger.ts'
import type { CrashSystem, OpenEvent } from './crash-system.ts'

/** How everything of one event stands in the end. Lists are in the order in which things began. */
export interface Ending {
  /** Status and payment status of each booking: `confirmed captured`. */
  readonly bookings: readonly string[]
  readonly holds: readonly string[]
  /** Our own books: payments that took money, or gave back what was reserved; the others took none. */
  readonly payments: readonly string[]
  /** The provider's: `captured 4001`; with `, 4001 refunded` where money went back. */
  readonly charges: readonly string[]
  /** Seats that are not available. */
  readonly seats: readonly string[]
  readonly validTickets: number
  /** What was not told exactly once, by subject. */
  readonly factsWrong: readonly string[]
}

/** Reads the database, the provider's ledger and the stream of facts. */
export async function readEnding({ db, bus, paymentUrl }: CrashSystem, { eventId }: OpenEvent): Promise<Ending> {
  const list = async (sql: string): Promise<string[]> =>
    (await db.query<{ line: string }>(sql, [eventId])).map(({ line }) => line)
  return {
    bookings: await list(
      `SELECT status || ' ' || payment_status AS line FROM booking.bookings WHERE event_id = $1 ORDER BY id`,
    ),
    holds: await list('SELECT status AS line FROM booking.holds WHERE event_id = $1 ORDER BY id'),
    payments: await list(
      `SELECT status AS line FROM purchase.payments WHERE event_id = $1 AND status <> 'failed' ORDER BY id`,
    ),
    charges: await readCharges(db, eventId, paymentUrl),
    seats: await list(
      `SELECT seat_no || ' ' || state AS line FROM booking.event_seats
       WHERE event_id = $1 AND state <> 'available' ORDER BY seat_no`,
    ),
    validTickets: (await list(`SELECT id::text AS line FROM booking.tickets WHERE event_id = $1 AND status = 'valid'`))
      .length,
    factsWrong: await compareFacts(db, bus, eventId),
  }
}

/** Charges of no payment at all are left to the auditor. */
async function readCharges(db: Database, eventId: string, paymentUrl: string): Promise<string[]> {
  const keys = await db.query<{ provider_key: string }>(
    'SELECT DISTINCT provider_key FROM purchase.payments WHERE event_id = $1',
    [eventId],
  )
  const ours = new Set(keys.map(({ provider_key }) => provider_key))
  return (await readLedger(paymentUrl))
    .filter(({ idempotency_key }) => ours.has(idempotency_key))
    .map(({ state, amount_minor, refunded_minor }) => {
      return `${state} ${amount_minor}${refunded_minor > 0 ? `, ${refunded_minor} refunded` : ''}`
    })
}

/** Every fact in an outbox is in the stream once: lost and doubled ones are named. */
async function compareFacts(db: Database, bus: Bus, eventId: string): Promise<string[]> {
  const written = await db.query<{ subject: string; times: number }>(
    `SELECT subject, count(*)::int AS times FROM (
       SELECT subject FROM event.outbox UNION ALL
       SELECT subject FROM booking.outbox UNION ALL
       SELECT subject FROM purchase.outbox) AS facts
     WHERE subject LIKE '%.' || $1 || '.%' GROUP BY subject`,
    [eventId],
  )
  const stored = await storedFacts(bus, eventId)
  return written
    .filter(({ subject, times }) => stored[subject] !== times)
    .map(({ subject, times }) => `${kindOf(subject)}: written ${times} ×, told ${stored[subject] ?? 0} ×`)
}

async function storedFacts(bus: Bus, eventId: string): Promise<Readonly<Record<string, number>>> {
  const request = { subjects_filter: `ticketing.fact.*.${eventId}.>` }
  const payload = new TextEncoder().encode(JSON.stringify(request))
  const reply = await bus.request('$JS.API.STREAM.INFO.TICKETING_FACTS', { payload, headers: {} }, 5_000)
  const info = JSON.parse(Buffer.from(reply.payload).toString('utf8')) as {
    state: { subjects?: Record<string, number> }
  }
  return info.state.subjects ?? {}
}

/** `fact.hold.…taken` without the id, which says nothing to a reader. */
function kindOf(subject: string): string {
  const [, , entity, , what] = subject.split('.')
  return `fact ${entity} ${what}`
}

/** What is otherwise than it should be. */
export const differences = (found: Ending, wanted: Ending): string[] =>
  (Object.keys(wanted) as (keyof Ending)[])
    .filter((part) => JSON.stringify(found[part]) !== JSON.stringify(wanted[part]))
    .map((part) => `${part}: ${JSON.stringify(found[part])}, not ${JSON.stringify(wanted[part])}`)
