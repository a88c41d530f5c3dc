import type pg from 'pg'
import type { RedisClient } from '#shared/redis.ts'
import { defaultRetentionDays } from '#shared/retention/periods.ts'
import { withDatabase } from '../../with-database.ts'
import { type LedgerComparison, ledgerViolations } from './compare-ledger.ts'
import { allInvariants } from './invariants/all-invariants.ts'
import type { Invariant } from './invariants/invariant.ts'
import { judgeWaitingRooms } from './waiting-rooms.ts'
import { findWatchedEvents } from './watched-events.ts'

export interface InvariantResult {
  readonly invariant: string
  readonly says: string
  /** Those that were found, if it could not be checked completely. */
  readonly violations: number
  /** Up to ten, ids only. */
  readonly examples: readonly string[]
  /** False: it could not be checked completely; `says` has the reason. */
  readonly checked: boolean
}

export interface AuditReport {
  readonly checkedAt: Date
  readonly durationMs: number
  readonly results: readonly InvariantResult[]
  readonly violations: number
  /** Number of results that could not be checked. */
  readonly unchecked: number
}

export interface AuditOptions {
  readonly databaseUrl: string
  /** Base URL of the payment provider, whose ledger must equal our books; null: there is no provider. */
  readonly paymentUrl: string | null
  /** Has the journals of the waiting rooms; null: without Redis. */
  readonly redis?: RedisClient | null
  /** Reads only events with something open, or changed in this time until now. Default: all events. */
  readonly windowMs?: number
  /** How long auditors have watched the system without a break. Only this time counts for what is overdue. Default: for ever. */
  readonly watchedForMs?: number
  /** For how many days retention keeps bookings. Default: that of retention. */
  readonly bookingsKeptDays?: number
}

const maxExamples = 10
/** For one query. A full audit reads whole tables, so the workers' time-out would be too short. */
const statementTimeoutMs = 60_000

/**
 * Checks every invariant once, all in one snapshot of the database, then the provider's ledger against our books. Throws when
 * the database does not answer. If the provider does not answer, its result is unchecked.
 */
export async function audit(options: AuditOptions): Promise<AuditReport> {
  const { databaseUrl, paymentUrl, redis = null } = options
  const startedAt = performance.now()
  const settings = {
    application_name: 'auditor',
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1_000,
  }
  const checkAll = async (client: pg.Client): Promise<InvariantResult[]> => {
    await becomeAuditor(client)
    const { results, readAt, since } = await checkInSnapshot(client, options)
    const rooms = await checkRooms(client, redis)
    return [...results, ...rooms, await checkLedger({ client, paymentUrl, startedAt: readAt, since })]
  }
  const results = await withDatabase(databaseUrl, checkAll, settings)
  return {
    checkedAt: new Date(),
    durationMs: Math.round(performance.now() - startedAt),
    results,
    violations: results.reduce((sum, { violations }) => sum + violations, 0),
    unchecked: results.filter(({ checked }) => !checked).length,
  }
}

/** Takes the role for the whole session. It is missing if the migrating user may not create roles. */
async function becomeAuditor(client: pg.Client): Promise<void> {
  await client.query('SET default_transaction_read_only = on')
  const { rowCount } = await client.query(
    `SELECT FROM pg_roles WHERE rolname = 'ticketing_auditor' AND pg_has_role(rolname, 'MEMBER')`,
  )
  if (rowCount) await client.query('SET ROLE ticketing_auditor')
}

/** `readAt` is the time of the snapshot and `since` the start of the window, by the database's clock; `since` is null if everything was read. */
async function checkInSnapshot(
  client: pg.Client,
  { windowMs, watchedForMs, bookingsKeptDays = defaultRetentionDays.bookings }: AuditOptions,
): Promise<{ results: InvariantResult[]; readAt: Date; since: Date | null }> {
  const readAt = await beginSnapshot(client)
  const since = windowMs === undefined ? null : new Date(readAt.getTime() - windowMs)
  const eventIds = await findWatchedEvents(client, since, bookingsKeptDays)
  const results: InvariantResult[] = []
  for (const invariant of allInvariants) results.push(await check(client, invariant, [eventIds, watchedForMs ?? null]))
  await client.query('COMMIT')
  return { results, readAt, since }
}

/**
 * Sends BEGIN and the first query in one message. If BEGIN were sent alone, `now()` would be older than the snapshot: a hold that expired in
 * between, whose seats another buyer took, would look live without its seats.
 */
async function beginSnapshot(client: pg.Client): Promise<Date> {
  const answers: unknown = await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT now() AS now')
  const [, clock] = answers as [pg.QueryResult, pg.QueryResult<{ now: Date }>]
  const now = clock.rows[0]?.now
  if (now === undefined) throw new Error('the database did not say what time it is')
  return now
}

/** The query of an invariant. Its values: the ids of the watched events, and for how many milliseconds the system was watched. */
export function auditQuery({ violations }: Pick<Invariant, 'violations'>): string {
  return `WITH watched AS (SELECT unnest($1::uuid[]) AS event_id),
    watching AS (SELECT coalesce(now() - $2::float8 * interval '1 ms', '-infinity') AS since)
    SELECT count(*) OVER () AS total, example FROM (${violations}) AS found LIMIT ${maxExamples}`
}

async function check(
  client: pg.Client,
  { id, says, violations }: Invariant,
  values: [eventIds: string[], watchedForMs: number | null],
): Promise<InvariantResult> {
  const { rows } = await client.query<{ total: string; example: string }>(auditQuery({ violations }), values)
  const examples = rows.map(({ example }) => example)
  return { invariant: id, says, violations: Number(rows[0]?.total ?? 0), examples, checked: true }
}

async function checkRooms(client: pg.Client, redis: RedisClient | null): Promise<InvariantResult[]> {
  const { limits, order, whyNot } = await judgeWaitingRooms(client, redis).then(
    (found) => ({ ...found, whyNot: undefined }),
    (error: Error) => ({ limits: [], order: [], whyNot: `not read: ${error.message}` }),
  )
  const limited = 'no waiting room admits faster, or has more sessions at once, than its settings say'
  const ordered = 'waiting rooms admit nobody before their call, and nobody twice'
  return [
    outsideResult({ invariant: 'I15', says: limited, violations: limits.length, examples: limits }, whyNot),
    outsideResult({ invariant: 'I16', says: ordered, violations: order.length, examples: order }, whyNot),
  ]
}

async function checkLedger({
  paymentUrl,
  ...comparison
}: Omit<LedgerComparison, 'paymentUrl'> & { paymentUrl: string | null }): Promise<InvariantResult> {
  const found = { violations: 0, examples: [] as string[] }
  let whyNot: string | undefined
  try {
    if (paymentUrl === null) throw new Error('PAYMENT_URL is not set')
    for await (const violation of ledgerViolations({ ...comparison, paymentUrl })) {
      found.violations += 1
      if (found.examples.length < maxExamples) found.examples.push(violation)
    }
  } catch (error) {
    whyNot = `not compared: ${(error as Error).message}`
  }
  const says = `our payments at rest are the provider's charges, to the cent`
  return outsideResult({ invariant: 'I8', says, ...found }, whyNot)
}

/** The result of a check outside the database; `whyNot`: why it could not be made. */
function outsideResult(found: Omit<InvariantResult, 'checked'>, whyNot: string | undefined): InvariantResult {
  const examples = found.examples.slice(0, maxExamples)
  if (whyNot === undefined) return { ...found, examples, checked: true }
  return { ...found, says: `${found.says} (${whyNot})`, examples, checked: false }
}
