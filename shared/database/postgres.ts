import { SpanKind } from '@opentelemetry/api'
import pg from 'pg'
import { TicketingError } from '#shared/errors.ts'
import { withSpan } from '#shared/observability/tracing.ts'
import type { DatabaseMetrics, PoolState } from './database-metrics.ts'
import { statementOf } from './statements.ts'

/** Something that answers SQL. Values are always parameters, never text in the query. */
export interface Queryable {
  /** Rows of the result. `bigint` columns arrive as numbers (all of ours are below 2^53), `date` as `YYYY-MM-DD`. */
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>
}

/**
 * The pool, or one transaction. A transaction carries statements out in the order in which they were asked, one snapshot each;
 * those asked at once, as with `Promise.all`, cost one journey to the server and back.
 */
export interface Database extends Queryable {
  /**
   * Carries out a statement whose answer nobody needs. Within a transaction it is not waited for: it travels with what is asked
   * next, COMMIT at the latest, and where it fails the whole transaction does, with its error. Hence not within a savepoint.
   */
  execute(text: string, values?: readonly unknown[]): Promise<void>
}

export interface TransactionOptions {
  /** Settings of Postgres that hold within this transaction; constants, never anybody's input. */
  readonly settings?: Readonly<Record<string, string>>
}

/** One run of a transaction. */
interface Attempt {
  /** COMMIT is sent: from now on only its answer says what came of it. */
  committing: boolean
}

export interface PostgresOptions {
  readonly url: string
  readonly applicationName: string
  readonly maxConnections: number
  /**
   * So many more for statements outside of transactions alone: a transaction that waits for somebody holds none of them up, nor do
   * they keep it from a connection. Without it all share `maxConnections`.
   */
  readonly readConnections?: number | undefined
  /**
   * Plan each prepared statement once, whatever its values: for statements that leave the planner one good way to their rows. By
   * default Postgres weighs whether to plan anew at every call.
   */
  readonly planOnce?: boolean
  readonly metrics?: DatabaseMetrics
  /** Called for errors of idle connections, which the pool replaces by itself. */
  onIdleError(error: Error): void
}

const statementTimeoutMs = 3_000
const connectTimeoutMs = 2_000
/** Whoever waits for a row or lock learns within this time that it stays with another, well before a reply is due. */
const lockTimeoutMs = 1_000

const oids = { int8: 20, date: 1082 }

/** Bounded pools in which every wait has an end: for a connection, for a statement, for an idle transaction. */
export class Postgres implements Database {
  readonly #transactions: pg.Pool
  /** For statements outside of transactions; the same one, unless they have connections of their own. */
  readonly #reads: pg.Pool
  readonly #metrics: DatabaseMetrics | undefined

  constructor(options: PostgresOptions) {
    const { maxConnections, readConnections } = options
    this.#transactions = openPool(options, maxConnections)
    this.#reads = readConnections === undefined ? this.#transactions : openPool(options, readConnections)
    this.#metrics = options.metrics
    options.metrics?.watchPools(
      readConnections === undefined
        ? { all: () => stateOf(this.#transactions) }
        : { transactions: () => stateOf(this.#transactions), reads: () => stateOf(this.#reads) },
    )
  }

  query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return runQuery<Row>(this.#reads, { text, values, metrics: this.#metrics })
  }

  async execute(text: string, values: readonly unknown[] = []): Promise<void> {
    await runQuery(this.#reads, { text, values, metrics: this.#metrics })
  }

  /**
   * Runs `work` in one transaction (read committed): all of it or nothing. When Postgres ended it as a deadlock or
   * serialisation failure, or ended its connection, `work` is run once more, so it must not have effects outside the database.
   * Not when the connection ends amid COMMIT: it may have been done.
   */
  async transaction<Result>(
    work: (db: Database) => Promise<Result>,
    options: TransactionOptions = {},
  ): Promise<Result> {
    const first: Attempt = { committing: false }
    try {
      return await this.#attempt(first, work, options)
    } catch (error) {
      if (first.committing || !isRetryable(error)) throw error
      return await this.#attempt({ committing: false }, work, options)
    }
  }

  async close(): Promise<void> {
    await Promise.all([...new Set([this.#transactions, this.#reads])].map((pool) => pool.end()))
  }

  async #attempt<Result>(
    attempt: Attempt,
    work: (db: Database) => Promise<Result>,
    { settings }: TransactionOptions,
  ): Promise<Result> {
    const client = await this.#transactions.connect().catch((error: unknown) => {
      throw asTicketingError(error)
    })
    // A connection that breaks between two statements says so here, and to the next statement only that it is gone.
    let lost: Error | undefined
    const onLost = (error: Error): void => {
      lost ??= error
    }
    client.on('error', onLost)
    let broken: Error | undefined
    const unanswered: Promise<unknown>[] = []
    try {
      const query: Database['query'] = (text, values = []) => {
        sendTogether(client)
        return runQuery(client, { text, values, metrics: this.#metrics })
      }
      const execute: Database['execute'] = async (text, values) => {
        const answer = query(text, values)
        // Looked at in the end: until then a failure shows in whatever is asked next.
        answer.catch(() => undefined)
        unanswered.push(answer)
      }
      // Waited for: should it alone fail, as when an operator cancels it, what follows would be committed bit by bit.
      await query(beginWith(settings))
      const result = await work({ query, execute })
      attempt.committing = true
      // What failed has ended the transaction, and its COMMIT is none.
      await Promise.all([...unanswered, query('COMMIT')])
      return result
    } catch (error) {
      await client.query('ROLLBACK').catch((rollbackError: Error) => {
        broken = rollbackError
      })
      const failed = await firstFailure(unanswered)
      // Its COMMIT came behind it, and was none.
      if (isRetryable(failed)) attempt.committing = false
      throw isRetryable(lost) ? asTicketingError(lost) : (failed ?? error)
    } finally {
      client.off('error', onLost)
      client.release(broken)
    }
  }
}

function stateOf({ totalCount, idleCount, waitingCount, options }: pg.Pool): PoolState {
  return { used: totalCount - idleCount, idle: idleCount, pending: waitingCount, max: options.max }
}

function openPool({ url, applicationName, planOnce, onIdleError }: PostgresOptions, max: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    // The server ends a slow statement; this ends the wait for a server that is frozen.
    query_timeout: statementTimeoutMs + 1_000,
    idle_in_transaction_session_timeout: 10_000,
    // Statements of a transaction that do not wait for each other's answers travel together, and are carried out in order.
    pipeline: true,
    options: sessionSettings(planOnce),
    types: { getTypeParser: (oid, format) => parserFor(oid) ?? pg.types.getTypeParser(oid, format) },
  })
  pool.on('error', onIdleError)
  // Between the pool's own listener and that of whoever checks a connection out there is a moment without any: a server
  // that dies in it would take this process along.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/**
 * Whatever is asked here takes milliseconds: to compile it, or to share it out among processes that others need, would cost more than
 * it gains. The memory is that of a bitmap of the rows of a frequent word, which with less forgets which rows of a page it means.
 */
function sessionSettings(planOnce = false): string {
  const settings = ['jit=off', 'max_parallel_workers_per_gather=0', 'work_mem=16MB']
  if (planOnce) settings.push('plan_cache_mode=force_generic_plan')
  return settings.map((setting) => `-c ${setting}`).join(' ')
}

/** Why everything that came later failed, too. */
async function firstFailure(answers: readonly Promise<unknown>[]): Promise<unknown> {
  const outcomes = await Promise.allSettled(answers)
  return outcomes.find((outcome) => outcome.status === 'rejected')?.reason
}

function beginWith(settings: TransactionOptions['settings'] = {}): string {
  return ['BEGIN', ...Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = ${value}`)].join('; ')
}

/** Holds back what is written to the server until the running code waits: one write of many statements instead of many. */
function sendTogether({ connection: { stream } }: pg.PoolClient): void {
  stream.cork()
  process.nextTick(() => stream.uncork())
}

/** Whether `error` is Postgres' refusal of a duplicate in the unique index of that name. */
export function violatesUnique(error: unknown, indexName: string): boolean {
  return error instanceof pg.DatabaseError && error.code === '23505' && error.constraint === indexName
}

/** Whether `error` says that a row or lock stayed with another transaction for longer than `lock_timeout`. */
export function lockTimedOut(error: unknown): boolean {
  return error instanceof TicketingError && isLockTimeout(error.cause)
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '55P03'
}

interface Question {
  readonly text: string
  readonly values: readonly unknown[]
  readonly metrics: DatabaseMetrics | undefined
}

async function runQuery<Row>(
  runner: Pick<pg.ClientBase, 'query'> | pg.Pool,
  { text, values, metrics }: Question,
): Promise<Row[]> {
  const { name, operation, spanName } = statementOf(text)
  const attributes = { 'db.system.name': 'postgresql', 'db.operation.name': operation, 'db.query.text': text }
  return withSpan(spanName, { kind: SpanKind.CLIENT, attributes }, async () => {
    const done = metrics?.running(operation)
    try {
      // Parsing and planning a statement again was two thirds of what Postgres spent on a hold. A prepared one is planned anew
      // when the statistics of one of its tables change, so a plan made for an empty table does not last.
      const prepared = name === undefined || values.length === 0 ? {} : { name }
      const result = await runner.query({ ...prepared, text, values: [...values] })
      done?.()
      return result.rows as Row[]
    } catch (error) {
      const failure = asTicketingError(error)
      done?.(failure)
      throw failure
    }
  })
}

function parserFor(oid: number): ((value: string) => unknown) | undefined {
  if (oid === oids.int8) return Number
  if (oid === oids.date) return String
  return undefined
}

/** Serialisation failure, deadlock, or a connection that an administrator or a restart has ended. */
const retryableCodes = new Set(['40001', '40P01', '57P01'])

function isRetryable(error: unknown): boolean {
  const origin = error instanceof TicketingError ? error.cause : error
  return origin instanceof pg.DatabaseError && retryableCodes.has(origin.code ?? '')
}

/**
 * `overloaded` for a lock that was not to be had in time: nothing was done. `unavailable` for classes 08 (connection), 53 (resources),
 * 57 (operator intervention), and for everything that is no answer of Postgres: what it was doing may have been done.
 */
function asTicketingError(error: unknown): unknown {
  if (error instanceof TicketingError) return error
  if (isLockTimeout(error)) {
    return new TicketingError('overloaded', 'Others are busy with the same; try again shortly.', { cause: error })
  }
  const away = error instanceof pg.DatabaseError ? /^(08|53|57)/.test(error.code ?? '') : error instanceof Error
  if (!away) return error
  return new TicketingError('unavailable', 'The database is away; try again shortly.', { cause: error })
}
