import { SpanKind } from '@opentelemetry/api'
import pg from 'pg'
import { TicketingError } from '#shared/errors.ts'
import { withSpan } from '#shared/observability/tracing.ts'
import type { DatabaseMetrics } from './database-metrics.ts'
import { statementOf } from './statements.ts'

/** Runs SQL. Values are always parameters, never text in the query. */
export interface Queryable {
  /** Rows of the result: `bigint` columns as numbers (ours are below 2^53), `date` columns as `YYYY-MM-DD`. */
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>
}

/**
 * The pool, or one transaction. A transaction runs its statements in the order of the calls, one snapshot each. Statements
 * sent together, as with `Promise.all`, cost one round trip.
 */
export interface Database extends Queryable {
  /**
   * Runs a statement without reading its rows. In a transaction it resolves at once, and a failure ends the whole
   * transaction with its error, at COMMIT at the latest. So never use it within a savepoint.
   */
  execute(text: string, values?: readonly unknown[]): Promise<void>
}

export interface TransactionOptions {
  /** Settings of Postgres within this transaction; constants, never input. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface PostgresOptions {
  readonly url: string
  readonly applicationName: string
  readonly maxConnections: number
  /** Separate connections for statements outside of transactions; by default they share `maxConnections`. */
  readonly readConnections?: number | undefined
  /** Longest wait for a free or new connection; 2 s unless set. */
  readonly connectTimeoutMs?: number
  /** Plan each prepared statement once, whatever its values. For statements with one good access path. */
  readonly planOnce?: boolean
  readonly metrics?: DatabaseMetrics
  /** Called for errors of idle connections, which the pool replaces. */
  onIdleError(error: Error): void
}

const statementTimeoutMs = 3_000
const usualConnectTimeoutMs = 2_000
/** The pool's error when no connection became free. It has no code. */
const poolTimeout = 'timeout exceeded when trying to connect'
/** Well below the deadline of a reply. */
const lockTimeoutMs = 1_000

const typeParsers = new Map<number, (value: string) => unknown>([
  [pg.types.builtins.INT8, Number],
  [pg.types.builtins.DATE, String],
])

/** The connection or the server failed between COMMIT and its answer: only the database knows whether the transaction is committed. */
export class CommitUnanswered extends TicketingError {}

/** Bounded pools with a time-out for every wait: for a connection, a statement, and an idle transaction. */
export class Postgres implements Database {
  readonly #transactions: pg.Pool
  readonly #reads: pg.Pool
  readonly #metrics: DatabaseMetrics | undefined
  readonly #afterCommit = new Set<() => void>()

  constructor(options: PostgresOptions) {
    const { maxConnections, readConnections } = options
    this.#transactions = openPool(options, maxConnections)
    this.#reads = readConnections === undefined ? this.#transactions : openPool(options, readConnections)
    this.#metrics = options.metrics
    options.metrics?.watchPools(
      readConnections === undefined
        ? { all: this.#transactions }
        : { transactions: this.#transactions, reads: this.#reads },
    )
  }

  query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#run<Row>(this.#reads, text, values)
  }

  async execute(text: string, values: readonly unknown[] = []): Promise<void> {
    await this.#run(this.#reads, text, values)
  }

  /**
   * Runs `work` in one transaction (read committed), and once more after a deadlock, a serialisation failure or a connection that the
   * server ended. So `work` must have no effects outside the database. A connection that ends during COMMIT is not retried, because the
   * transaction may be committed: this throws `CommitUnanswered`, whose code is `unavailable`.
   */
  async transaction<Result>(
    work: (db: Database) => Promise<Result>,
    options: TransactionOptions = {},
  ): Promise<Result> {
    const first = { committing: false }
    try {
      return await this.#attempt(first, work, options)
    } catch (error) {
      if (first.committing || !isRetryable(error)) throw error
      return await this.#attempt({ committing: false }, work, options)
    }
  }

  /** Calls `listener` after each transaction that this process knows to be committed, until the returned function is called. */
  onCommit(listener: () => void): () => void {
    this.#afterCommit.add(listener)
    return () => void this.#afterCommit.delete(listener)
  }

  async close(): Promise<void> {
    await Promise.all([...new Set([this.#transactions, this.#reads])].map((pool) => pool.end()))
  }

  /** Runs the transaction once. `committing`: COMMIT was sent, so only its answer decides the outcome. */
  async #attempt<Result>(
    attempt: { committing: boolean },
    work: (db: Database) => Promise<Result>,
    { settings = {} }: TransactionOptions,
  ): Promise<Result> {
    const client = await this.#transactions.connect().catch((error: unknown) => {
      throw asTicketingError(error)
    })
    // A connection lost between two statements reports its reason only here.
    let lost: Error | undefined
    const onLost = (error: Error): void => {
      lost ??= error
    }
    client.on('error', onLost)
    let broken: Error | undefined
    const unanswered: Promise<unknown>[] = []
    try {
      const query: Database['query'] = (text, values = []) => this.#run(client, text, values)
      const execute: Database['execute'] = async (text, values) => {
        const answer = query(text, values)
        // Checked at the end; a failure before that shows in the next statement.
        answer.catch(() => undefined)
        unanswered.push(answer)
      }
      // Awaited: if this statement alone failed, for example cancelled by an operator, each later statement would commit separately.
      const setLocals = Object.entries(settings).map(([name, value]) => `; SET LOCAL ${name} = ${value}`)
      await query(`BEGIN${setLocals.join('')}`)
      const result = await work({ query, execute })
      attempt.committing = true
      // After a failed statement COMMIT rolls back.
      await Promise.all([...unanswered, query('COMMIT')])
      for (const listener of this.#afterCommit) listener()
      return result
    } catch (error) {
      await client.query('ROLLBACK').catch((rollbackError: Error) => {
        broken = rollbackError
      })
      // The first failure made all later statements fail.
      const outcomes = await Promise.allSettled(unanswered)
      const failed: unknown = outcomes.find((outcome) => outcome.status === 'rejected')?.reason
      // COMMIT came after the failure and rolled back.
      if (isFromServer(failed)) attempt.committing = false
      if (attempt.committing) throw commitUnanswered(failed ?? error)
      throw isRetryable(lost) ? asTicketingError(lost) : (failed ?? error)
    } finally {
      client.off('error', onLost)
      client.release(broken)
    }
  }

  async #run<Row>(runner: pg.Pool | pg.PoolClient, text: string, values: readonly unknown[]): Promise<Row[]> {
    const { name, operation, spanName } = statementOf(text)
    const attributes = { 'db.system.name': 'postgresql', 'db.operation.name': operation, 'db.query.text': text }
    return withSpan(spanName, { kind: SpanKind.CLIENT, attributes }, async () => {
      const done = this.#metrics?.running(operation)
      try {
        // Parsing and planning took two thirds of Postgres' time for a hold. Postgres plans prepared statements again when the statistics
        // of a table change, so a plan made for an empty table does not last.
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
}

function openPool(options: PostgresOptions, max: number): pg.Pool {
  const { url, applicationName, planOnce, connectTimeoutMs = usualConnectTimeoutMs, onIdleError } = options
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    // The server ends a slow statement; this ends the wait for a frozen server.
    query_timeout: statementTimeoutMs + 1_000,
    idle_in_transaction_session_timeout: 10_000,
    // Statements are sent without waiting for the results of earlier ones.
    pipeline: true,
    options: sessionSettings(planOnce),
    types: { getTypeParser: (oid, format) => typeParsers.get(oid) ?? pg.types.getTypeParser(oid, format) },
  })
  pool.on('error', onIdleError)
  // For a moment between the pool's own listener and ours a connection has none: an error then would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/**
 * Our statements take milliseconds: compiling or parallelising them costs more than it gains. With less `work_mem`, the
 * bitmap of a frequent word's rows would hold pages only.
 */
function sessionSettings(planOnce = false): string {
  const settings = ['jit=off', 'max_parallel_workers_per_gather=0', 'work_mem=16MB']
  if (planOnce) settings.push('plan_cache_mode=force_generic_plan')
  return settings.map((setting) => `-c ${setting}`).join(' ')
}

/** Whether the unique index of that name refused a duplicate. */
export function violatesUnique(error: unknown, indexName: string): boolean {
  return error instanceof pg.DatabaseError && error.code === '23505' && error.constraint === indexName
}

/** Whether another transaction held a row or lock for longer than `lock_timeout`. */
export function lockTimedOut(error: unknown): boolean {
  return error instanceof TicketingError && isLockTimeout(error.cause)
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '55P03'
}

/** Whether the server itself refused a statement, so that the transaction cannot be committed any more. */
function isFromServer(error: unknown): boolean {
  return originOf(error) instanceof pg.DatabaseError
}

function originOf(error: unknown): unknown {
  return error instanceof TicketingError ? error.cause : error
}

function commitUnanswered(cause: unknown): TicketingError {
  return new CommitUnanswered('unavailable', 'The database did not answer; try again shortly.', {
    cause: originOf(cause) ?? cause,
  })
}

/** Serialisation failure, deadlock, or a connection ended by an administrator or a restart. */
const retryableCodes = new Set(['40001', '40P01', '57P01'])

function isRetryable(error: unknown): boolean {
  const origin = originOf(error)
  return origin instanceof pg.DatabaseError && retryableCodes.has(origin.code ?? '')
}

/**
 * `overloaded` after a lock time-out, or if no connection became free: nothing was done. `unavailable` for classes 08 (connection), 53
 * (resources) and 57 (operator intervention), and for errors that are not from Postgres: the statement may have been carried out.
 */
function asTicketingError(error: unknown): unknown {
  if (error instanceof TicketingError) return error
  if (isLockTimeout(error)) {
    return new TicketingError('overloaded', 'Another request is changing the same data; try again shortly.', {
      cause: error,
    })
  }
  if (error instanceof Error && error.message === poolTimeout) {
    return new TicketingError('overloaded', 'Too many requests at once; try again shortly.', { cause: error })
  }
  const isUnavailable =
    error instanceof pg.DatabaseError ? /^(08|53|57)/.test(error.code ?? '') : error instanceof Error
  if (!isUnavailable) return error
  return new TicketingError('unavailable', 'The database is unavailable; try again shortly.', { cause: error })
}
