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
  /** As far as it was checked. */
  readonly violations: number
  /** Up to ten, ids only. */
  readonly examples: readonly string[]
  /** False: it could not be checked, or not to the end; `says` tells why. */
  readonly checked: boolean
}

export interface AuditReport {
  readonly checkedAt: Date
  readonly durationMs: number
  readonly results: readonly InvariantResult[]
  readonly violations: number
  /** How many of the results say nothing, because nobody could check. */
  readonly unchecked: number
}

export interface AuditOptions {
  readonly databaseUrl: string
  /** Base URL of the payment provider, whose ledger ours must balance with; null: there is none to ask. */
  readonly paymentUrl: string | null
  /** Where waiting rooms have the journals of their admissions; null: there is none. */
  readonly redis?: RedisClient | null
  /** Read only events of which something is open or changed in these last milliseconds. Without it: everything there is. */
  readonly windowMs?: number
  /** How long the system has been watched without a break. Nothing is overdue that could not go on before. Without it: for ever. */
  readonly watchedForMs?: number
  /** How many days retention keeps bookings; without it the default. */
  readonly bookingsKeptDays?: number
}

const maxExamples = 10
/** Of one query. Those of a full audit read whole tables, so the workers' time-out would be too short. */
const statementTimeoutMs = 60_000

/**
 * Checks every invariant once, all in one snapshot of the database, then the provider's ledger against our books. Throws when
 * the database does not answer; a provider that does not leaves its result unchecked.
 */
export async function audit(options: AuditOptions): Promise<AuditReport> {
  const { databaseUrl, paymentUrl, redis = null } = options
  const startedAt = performance.now()
  const settings = {
    application_name: 'auditor',
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1_000,
  }
  const check = async (client: pg.Client): Promise<AuditReport> => {
    await becomeAuditor(client)
    const { results, readAt, since } = await checkInSnapshot(client, options)
    const ledger = await checkLedger({ client, paymentUrl, startedAt: readAt, since })
    const all = [...results, ...(await checkRooms(client, redis)), ledger]
    return {
      checkedAt: new Date(),
      durationMs: Math.round(performance.now() - startedAt),
      results: all,
      violations: all.reduce((sum, { violations }) => sum + violations, 0),
      unchecked: all.filter(({ checked }) => !checked).length,
    }
  }
  return withDatabase(databaseUrl, check, settings)
}

/** For the whole session. The role is missing where the migrating user may not create roles. */
async function becomeAuditor(client: pg.Client): Promise<void> {
  await client.query('SET default_transaction_read_only = on')
  const { rowCount } = await client.query(
    `SELECT FROM pg_roles WHERE rolname = 'ticketing_auditor' AND pg_has_role(rolname, 'MEMBER')`,
  )
  if (rowCount) await client.query('SET ROLE ticketing_auditor')
}

/** `readAt` is the database's time of the snapshot, `since` that of the beginning of the window; null when everything was read. */
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
 * In one message: BEGIN sent on its own has a clock that is older than the snapshot, by which a hold that ran out in
 * between, and whose seats another buyer has by now, would seem to be live without its seats.
 */
async function beginSnapshot(client: pg.Client): Promise<Date> {
  const answers: unknown = await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT now() AS now')
  const [, clock] = answers as [pg.QueryResult, pg.QueryResult<{ now: Date }>]
  const now = clock.rows[0]?.now
  if (now === undefined) throw new Error('the database did not say what time it is')
  return now
}

/** The query of an invariant. Its values are the ids of the watched events, and for how many milliseconds was watched. */
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
  return {
    invariant: id,
    says,
    violations: Number(rows[0]?.total ?? 0),
    examples: rows.map(({ example }) => example),
    checked: true,
  }
}

async function checkRooms(client: pg.Client, redis: RedisClient | null): Promise<InvariantResult[]> {
  const { limits, order, whyNot } = await judgeWaitingRooms(client, redis).then(
    (found) => ({ ...found, whyNot: undefined }),
    (error: Error) => ({ limits: [], order: [], whyNot: `not read: ${error.message}` }),
  )
  const limited = 'no waiting room admits faster, or has more sessions at once, than its settings say'
  const ordered = 'waiting rooms admit nobody before their call, and nobody twice'
  return [
    resultOf({ invariant: 'I15', says: limited, violations: limits.length, examples: limits }, whyNot),
    resultOf({ invariant: 'I16', says: ordered, violations: order.length, examples: order }, whyNot),
  ]
}

async function checkLedger({
  paymentUrl,
  ...comparison
}: Omit<LedgerComparison, 'paymentUrl'> & { paymentUrl: string | null }): Promise<InvariantResult> {
  let violations = 0
  const examples: string[] = []
  const says = `our payments at rest are the provider's charges, to the cent`
  let whyNot: string | undefined
  try {
    if (paymentUrl === null) throw new Error('PAYMENT_URL is not set')
    for await (const violation of ledgerViolations({ ...comparison, paymentUrl })) {
      violations += 1
      if (examples.length < maxExamples) examples.push(violation)
    }
  } catch (error) {
    whyNot = `not compared: ${(error as Error).message}`
  }
  return resultOf({ invariant: 'I8', says, violations, examples }, whyNot)
}

function resultOf(found: Omit<InvariantResult, 'checked'>, whyNot: string | undefined): InvariantResult {
  return {
    ...found,
    says: whyNot === undefined ? found.says : `${found.says} (${whyNot})`,
    examples: found.examples.slice(0, maxExamples),
    checked: whyNot === undefined,
  }
}
