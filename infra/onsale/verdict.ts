import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'
import { parsePublicId } from '#shared/ids.ts'
import type { SeatMap } from '../bench/seat-map.ts'
import { countSoldPlaces } from '../bench/selling/double-sales.ts'
import { ExplainedError } from '../explained-error.ts'
import { judgeAdmissions } from '../ops/audit/admissions.ts'
import { audit } from '../ops/audit/audit.ts'
import { readDraw } from '../ops/draw/read-draw.ts'
import { verifyDraw } from '../ops/draw/verify-draw.ts'
import { until } from '../until.ts'
import { withDatabase } from '../with-database.ts'
import type { RoomRecords } from './room-records.ts'
import type { Tally } from './tally.ts'

/** What a run is judged by; all of it 0, but for the last. */
export interface Verdict {
  /** Claims on a seat beyond the first, and what the audit says of seats, holds and charges. */
  readonly double_sales: number
  /** Purchases that were answered with 201 and differ in the database; money without a ticket, and tickets without money. */
  readonly lost_purchases: number
  /** Admissions beyond the rate, and with more sessions than allowed. */
  readonly admissions_over_limit: number
  /** Admissions before their turn, holds without a pass of the queue, passes used too often, forged passes that were taken. */
  readonly order_violations: number
  /** Buyers who got no answer, although they asked four times. */
  readonly buyers_unanswered: number
  /** Seats that a client shows otherwise than the database has them, when nothing is under way. */
  readonly stream_mismatches: number
  readonly seats_sold: number
}

export interface Judgement {
  readonly verdict: Verdict
  /** What is wrong, for people; empty when all is well. */
  readonly faults: readonly string[]
  readonly admissions: number
}

export interface JudgeOptions {
  readonly databaseUrl: string
  readonly paymentUrl: string | null
  readonly eventId: string
  /** Those that could be bought when the run began. */
  readonly seats: number
  /** Whether enough buyers came for all of them. */
  readonly wantsAll: boolean
  readonly since: Date
  readonly records: RoomRecords
  readonly maps: readonly SeatMap[]
  /** A gateway that shows the draw of the event; null: it had none. */
  readonly drawUrl: string | null
  readonly tally: Tally
  /** How long the last hold may still last. */
  readonly restMs: number
}

/** Of what can be bought. */
const soldShare = 0.99
const lookEveryMs = 200
/** For the last batches to arrive. */
const streamsWithinMs = 5_000
/** The auditor leaves out money that moved in the last 5 s. */
const moneyRestsMs = 6_000

/**
 * Throws `ExplainedError` unless the records can be read, and are those of the system that has the event: without them the run could
 * not be judged.
 */
export async function checkRecords({
  databaseUrl,
  records,
  eventId,
}: Pick<JudgeOptions, 'databaseUrl' | 'records' | 'eventId'>): Promise<void> {
  const unread = (what: string) => (error: Error) => {
    throw new ExplainedError(`${what} cannot be read: ${error.message}`, { cause: error })
  }
  await records.now().catch(unread('Redis'))
  const knows = await withDatabase(databaseUrl, async (client) => {
    return (await client.query('SELECT FROM event.events WHERE id = $1', [eventId])).rowCount === 1
  }).catch(unread('The database'))
  if (!knows) throw new ExplainedError('The database is that of another system: it does not have the event.')
}

/** Judges a run, when all buyers have gone, by the records of the system. */
export function judge(options: JudgeOptions): Promise<Judgement> {
  const work = async (client: pg.Client): Promise<Judgement> => {
    await waitForRest(client, options)
    return judgeAtRest(client, options)
  }
  return withDatabase(options.databaseUrl, work, { query_timeout: 60_000 })
}

async function judgeAtRest(client: pg.Client, options: JudgeOptions): Promise<Judgement> {
  const { eventId, tally, records, seats, wantsAll } = options
  const journal = await records.journal()
  const admitted = journal.flatMap((entry) => (entry.what === 'admitted' ? entry.number : []))
  const { limits, order } = judgeAdmissions(journal)
  const mismatches = await compareMaps(client, options)
  const drawFaults = await findDrawFaults(options)
  await pause(moneyRestsMs)
  const audited = await audit({
    databaseUrl: options.databaseUrl,
    paymentUrl: options.paymentUrl,
    redis: records.redis,
    windowMs: Date.now() - options.since.getTime() + 60_000,
  })
  const violationsOf = (...invariants: readonly string[]): number =>
    audited.results.reduce(
      (sum, { invariant, violations }) => sum + (invariants.includes(invariant) ? violations : 0),
      0,
    )
  const verdict: Verdict = {
    double_sales: (await countSoldPlaces(client, eventId)).doubleSales + violationsOf('I1', 'I2', 'I3', 'I4', 'I10'),
    lost_purchases: (await countLost(client, options)) + violationsOf('I7', 'I8', 'I9'),
    admissions_over_limit: limits.length,
    order_violations:
      order.length +
      (await countOutsiders(client, options, admitted)) +
      tally.forged.accepted +
      tally.secondPlaces +
      drawFaults.length +
      violationsOf('I14'),
    buyers_unanswered: tally.unanswered.size,
    stream_mismatches: mismatches,
    seats_sold: await countSold(client, eventId),
  }
  const { seats_sold, ...zeros } = verdict
  const faults = [
    ...Object.entries(zeros).flatMap(([name, value]) => (value === 0 ? [] : [`${name}: ${value}`])),
    ...[...limits, ...order].slice(0, 5),
    ...drawFaults.map((fault) => `draw: ${fault}`),
    ...audited.results.flatMap(({ invariant, says, violations, examples, checked }) =>
      violations > 0 || !checked
        ? [`audit ${invariant}, ${says}: ${violations} ${examples.slice(0, 3).join(' ')}`]
        : [],
    ),
    ...(wantsAll && seats_sold < soldShare * seats ? [`seats_sold: ${seats_sold} of ${seats}`] : []),
    ...(tally.forged.tried === 0 ? ['no forged pass was tried'] : []),
  ]
  return { verdict, faults, admissions: admitted.length }
}

async function countSold(client: pg.Client, eventId: string): Promise<number> {
  const text = `SELECT FROM booking.event_seats WHERE event_id = $1 AND state = 'sold'`
  return (await client.query(text, [eventId])).rowCount ?? 0
}

/** The findings of `npm run verify-draw`. */
async function findDrawFaults({ drawUrl, eventId, tally }: JudgeOptions): Promise<string[]> {
  if (drawUrl === null) return []
  const named = tally.receipts.map((text, index) => ({ name: `receipt ${index + 1}`, text }))
  const findings = await verifyDraw(await readDraw(drawUrl, eventId), named)
  return findings.flatMap(({ checked, wrong }) => (wrong === undefined ? [] : [`${checked}: ${wrong}`]))
}

/** Purchases that were answered with 201 and differ in the database: the booking, its owner, its price, a valid ticket for each place. */
async function countLost(client: pg.Client, { eventId, tally }: JudgeOptions): Promise<number> {
  const told = tally.purchases
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) FROM unnest($2::uuid[], $3::text[], $4::bigint[], $5::int[]) AS told (id, user_id, total_minor, tickets)
     LEFT JOIN booking.bookings AS booking ON booking.event_id = $1 AND booking.id = told.id
     WHERE booking.status IS DISTINCT FROM 'confirmed' OR booking.user_id <> told.user_id
       OR booking.total_minor <> told.total_minor OR told.tickets = 0
       OR told.tickets <> (SELECT count(*) FROM booking.tickets AS ticket
         WHERE ticket.event_id = $1 AND ticket.booking_id = told.id AND ticket.status = 'valid')`,
    [
      eventId,
      told.map(({ bookingId }) => parsePublicId(bookingId)?.ownId ?? null),
      told.map(({ userId }) => userId),
      told.map(({ totalMinor }) => totalMinor),
      told.map(({ tickets }) => tickets),
    ],
  )
  return Number(rows[0]?.count)
}

/** Holds of this run whose pass is none of an admitted place. A pass has the id of its place, which begins with the arrival index. */
async function countOutsiders(
  client: pg.Client,
  { eventId, since, records }: JudgeOptions,
  admitted: readonly number[],
): Promise<number> {
  const { rows } = await client.query<{ pass_id: string | null }>(
    'SELECT pass_id FROM booking.holds WHERE event_id = $1 AND created_at > $2',
    [eventId, since],
  )
  const numberOf = await records.numberOf()
  const numbers = new Set(admitted)
  const isOutsider = (passId: string | null): boolean =>
    passId === null || !numbers.has(numberOf(Number.parseInt(passId.replaceAll('-', '').slice(0, 12), 16)))
  return rows.filter(({ pass_id }) => isOutsider(pass_id)).length
}

/** Differing seats of all maps together, once they have had time to hear of everything. */
async function compareMaps(client: pg.Client, { eventId, maps }: JudgeOptions): Promise<number> {
  const { rows } = await client.query<{ code: number }>(
    `SELECT array_position(ARRAY['available', 'held', 'sold', 'blocked'], state) - 1 AS code
     FROM booking.event_seats WHERE event_id = $1 ORDER BY seat_no`,
    [eventId],
  )
  const differing = (): number =>
    maps.reduce((sum, { seats }) => sum + rows.filter(({ code }, seatNo) => seats[seatNo] !== code).length, 0)
  const patience = { timeoutMs: streamsWithinMs, everyMs: lookEveryMs }
  await until('all maps agree', () => differing() === 0, patience).catch(() => undefined)
  return differing()
}

/** Until no hold lives, no payment goes on, and every fact is published. */
async function waitForRest(client: pg.Client, { eventId, restMs }: JudgeOptions): Promise<void> {
  const moving = `
    SELECT WHERE EXISTS (SELECT FROM booking.holds WHERE event_id = $1 AND status IN ('active', 'paying'))
      OR EXISTS (SELECT FROM purchase.payments WHERE event_id = $1 AND next_check_at IS NOT NULL)
      OR EXISTS (SELECT FROM booking.outbox WHERE published_at IS NULL)`
  const isAtRest = async (): Promise<boolean> => (await client.query(moving, [eventId])).rowCount === 0
  await until('nothing moves', isAtRest, { timeoutMs: restMs, everyMs: lookEveryMs }).catch(() => undefined)
}
