import type Logger from 'bunyan'
import { Counter, Gauge } from 'prom-client'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import { startPeriodicJob } from '#shared/periodic-job.ts'
import type { RetentionDays, RetentionName } from './periods.ts'

/* Deletes rows older than their rule allows. Each table's owner has its rules. */

export interface Removal {
  /** Deleted rows by table. */
  readonly rows: Readonly<Record<string, number>>
  /** The batch was full: there may be more. */
  readonly isMore: boolean
}

export interface RetentionRule {
  readonly name: RetentionName
  /** The tables from which it deletes rows, with their schema; metrics name the first one. */
  readonly tables: readonly string[]
  /** Deletes a batch of about `limit` rows older than `days`. Skips locked rows. */
  remove(postgres: Postgres, batch: { days: number; limit: number }): Promise<Removal>
  /** The time from which the age of the oldest row counts that the rule will delete one day; null if there is none. */
  oldest(db: Database): Promise<Date | null>
}

interface RetentionParts {
  readonly postgres: Postgres
  /** Undefined in a process without metrics. */
  readonly metrics?: Metrics
  readonly log: Logger
}

const everyMs = 60_000
/** Keeps each transaction short. */
const batchSize = 500
/** Longest run of one rule: even a large backlog takes Postgres only a fraction of its time. */
const longestRunMs = 5_000

/** Applies the rules at once and then every minute, until the returned function is called. Every instance of a worker does this. */
export function startRetention(
  { postgres, metrics, log }: RetentionParts,
  days: RetentionDays,
  rules: readonly RetentionRule[],
): () => Promise<void> {
  const measured = metrics && new RetentionMetrics(metrics, rules)
  const stopping = new AbortController()
  const apply = async (rule: RetentionRule, keptDays: number): Promise<void> => {
    const endAt = performance.now() + longestRunMs
    let isMore = true
    while (isMore && performance.now() < endAt && !stopping.signal.aborted) {
      const removal = await rule.remove(postgres, { days: keptDays, limit: batchSize })
      measured?.deleted(removal.rows)
      isMore = removal.isMore
    }
    measured?.ran(rule, await rule.oldest(postgres))
  }

  const job = startPeriodicJob({ name: 'retention', everyMs, log }, async () => {
    for (const rule of rules) {
      if (stopping.signal.aborted) break
      // A failing rule must not delay the others.
      await apply(rule, days[rule.name]).catch((error: unknown) => {
        log.warn({ err: error, rule: rule.name }, 'a retention rule was not applied')
      })
    }
    return false
  })
  return () => {
    stopping.abort()
    return job.stop()
  }
}

class RetentionMetrics {
  readonly #deleted: Counter<'table'>
  readonly #ranAt: Gauge<'rule' | 'table'>
  readonly #oldestAge: Gauge<'rule' | 'table'>

  constructor({ registry }: Metrics, rules: readonly RetentionRule[]) {
    const registers = [registry]
    this.#deleted = new Counter({
      name: 'retention_deleted_rows_total',
      help: 'Rows deleted because they were older than their retention rule allows.',
      labelNames: ['table'],
      registers,
    })
    this.#ranAt = new Gauge({
      name: 'retention_last_run_timestamp_seconds',
      help: 'When a retention rule was last applied without an error; initially the start of the process.',
      labelNames: ['rule', 'table'],
      registers,
    })
    this.#oldestAge = new Gauge({
      name: 'retention_oldest_age_seconds',
      help: 'Age of the oldest row that a retention rule will delete one day; 0 if there is none.',
      labelNames: ['rule', 'table'],
      registers,
    })
    for (const rule of rules) this.#ranAt.set(labelsOf(rule), Date.now() / 1_000)
  }

  deleted(rows: Removal['rows']): void {
    for (const [table, count] of Object.entries(rows)) this.#deleted.inc({ table }, count)
  }

  ran(rule: RetentionRule, oldest: Date | null): void {
    this.#ranAt.set(labelsOf(rule), Date.now() / 1_000)
    this.#oldestAge.set(labelsOf(rule), oldest === null ? 0 : Math.max(0, (Date.now() - oldest.getTime()) / 1_000))
  }
}

function labelsOf({ name: rule, tables: [table = ''] }: RetentionRule): { rule: RetentionName; table: string } {
  return { rule, table }
}

export interface OldRows {
  readonly name: RetentionName
  readonly table: string
  /** Columns of the primary key. */
  readonly key: string
  /** Column from which a row's age counts. An index on it must exist, with no more rows than `only` admits. */
  readonly since: string
  /** SQL condition for a row, aliased `old`, that can be deleted at all. */
  readonly only?: string
}

/** A rule for rows that no other rows reference. */
export function oldRows({ name, table, key, since, only = 'true' }: OldRows): RetentionRule {
  return {
    name,
    tables: [table],
    async remove(postgres, { days, limit }) {
      const deleted = await postgres.query(
        `DELETE FROM ${table} WHERE (${key}) IN (
           SELECT ${key} FROM ${table} AS old WHERE ${since} < now() - ${daysInterval('$1')} AND ${only}
           ORDER BY ${since} LIMIT $2 FOR UPDATE SKIP LOCKED)
         RETURNING ${since}`,
        [days, limit],
      )
      return { rows: { [table]: deleted.length }, isMore: deleted.length === limit }
    },
    oldest: (db) => oldestOf(db, `SELECT ${since} AS at FROM ${table} AS old WHERE ${only} ORDER BY ${since} LIMIT 1`),
  }
}

/** A number of days, such as the parameter `$1`, as an interval of Postgres. */
export function daysInterval(parameter: string): string {
  return `${parameter}::int * interval '1 day'`
}

/** The column `at` of the only row of a query, if there is one. */
export async function oldestOf(db: Database, query: string): Promise<Date | null> {
  const [oldest] = await db.query<{ at: Date | null }>(query)
  return oldest?.at ?? null
}
