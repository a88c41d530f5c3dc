import pg from 'pg'
import { allInvariants } from './invariants/all-invariants.ts'
import type { Invariant } from './invariants/invariant.ts'
import { atRest } from './invariants/money.ts'
import { disagreements, readLedger, type SettledPayment } from './ledger.ts'

export interface InvariantResult {
  readonly invariant: string
  readonly says: string
  readonly violations: number
  /** Up to ten, ids only. */
  readonly examples: readonly string[]
}

export interface AuditReport {
  readonly checkedAt: Date
  readonly durationMs: number
  readonly results: readonly InvariantResult[]
  readonly violations: number
}

export interface AuditOptions {
  readonly databaseUrl: string
  /** Base URL of the payment provider, whose ledger ours must balance with; null: there is none to ask. */
  readonly paymentUrl: string | null
}

const maxExamples = 10
const connectTimeoutMs = 5_000
/** Of one query. They read whole tables, so the workers' time-out would be too short. */
const statementTimeoutMs = 60_000
const ledgerSays = "our payments at rest are the provider's charges, to the cent"

/**
 * Checks every invariant once, all in one snapshot of the database, then the provider's ledger against that. Throws when
 * the database does not answer; a provider that does not is a violation of nothing, but said in the results.
 */
export async function audit({ databaseUrl, paymentUrl }: AuditOptions): Promise<AuditReport> {
  const startedAt = performance.now()
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'auditor',
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1_000,
  })
  // The query that suffers throws by itself; without a listener a lost connection would end the process.
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { results, books } = await readSnapshot(client)
    const ledger = paymentUrl === null ? [] : [await compareLedger(books, paymentUrl)]
    const all = [...results, ...ledger]
    return {
      checkedAt: new Date(),
      durationMs: Math.round(performance.now() - startedAt),
      results: all,
      violations: all.reduce((sum, { violations }) => sum + violations, 0),
    }
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** What our books say of payments, for the comparison with the provider's. */
interface Books {
  readonly settled: readonly SettledPayment[]
  readonly openKeys: ReadonlySet<string>
  /** Database time of the snapshot, in epoch milliseconds. */
  readonly readAt: number
}

async function readSnapshot(client: pg.Client): Promise<{ results: InvariantResult[]; books: Books }> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  await becomeAuditor(client)
  const results: InvariantResult[] = []
  for (const invariant of allInvariants) results.push(await check(client, invariant))
  const books = await readBooks(client)
  await client.query('COMMIT')
  return { results, books }
}

/** The role exists unless whoever migrated was not allowed to make it. */
async function becomeAuditor(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_roles WHERE rolname = 'ticketing_auditor' AND pg_has_role(rolname, 'MEMBER')`,
  )
  if (rowCount) await client.query('SET LOCAL ROLE ticketing_auditor')
}

async function check(client: pg.Client, { id, says, violations }: Invariant): Promise<InvariantResult> {
  const { rows } = await client.query<{ total: string; example: string }>(
    `SELECT count(*) OVER () AS total, example FROM (${violations}) AS found LIMIT ${maxExamples}`,
  )
  return {
    invariant: id,
    says,
    violations: Number(rows[0]?.total ?? 0),
    examples: rows.map(({ example }) => example),
  }
}

/** A payment of 0 was never anybody's charge. */
async function readBooks(client: pg.Client): Promise<Books> {
  const { rows: payments } = await client.query<{ at_rest: boolean } & Record<keyof SettledPayment, string>>(
    `SELECT id, provider_key, status, captured_minor, refunded_minor, currency,
       ${atRest} AS at_rest
     FROM purchase.payments AS payment WHERE amount_minor IS DISTINCT FROM 0`,
  )
  const { rows: clock } = await client.query<{ now: Date }>('SELECT now() AS now')
  return {
    settled: payments
      .filter(({ at_rest }) => at_rest)
      .map(({ at_rest, ...payment }) => ({
        ...payment,
        status: payment.status as SettledPayment['status'],
        captured_minor: Number(payment.captured_minor),
        refunded_minor: Number(payment.refunded_minor),
      })),
    openKeys: new Set(payments.filter(({ at_rest }) => !at_rest).map(({ provider_key }) => provider_key)),
    readAt: clock[0]?.now.getTime() ?? 0,
  }
}

async function compareLedger({ settled, openKeys, readAt }: Books, paymentUrl: string): Promise<InvariantResult> {
  const result = (found: readonly string[], says = ledgerSays): InvariantResult => ({
    invariant: 'I8',
    says,
    violations: found.length,
    examples: found.slice(0, maxExamples),
  })
  try {
    return result(disagreements(settled, await readLedger(paymentUrl), { openKeys, since: readAt }))
  } catch (error) {
    return result([], `${ledgerSays} (not compared: ${(error as Error).message})`)
  }
}
