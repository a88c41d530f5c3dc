import { readFile } from 'node:fs/promises'
import type pg from 'pg'
import { until } from '../../until.ts'
import { withDatabase } from '../../with-database.ts'

/** A statement as Postgres carried it out. */
export interface RecordedStatement {
  readonly text: string
  /** As text, in their order; `null` is SQL's. */
  readonly parameters: readonly (string | null)[]
}

/** A line of the log that says what was carried out, or with which parameters. */
interface LogEntry {
  readonly pid: string
  readonly kind: string
  readonly text: string
}

/**
 * Every statement that Postgres carries out for one hold, from the first one to COMMIT: read from its log, which is switched
 * on for as long as `hold` takes. `mark` is text that only this hold has among its parameters. Nothing else may be going on.
 */
export async function recordHold(
  { databaseUrl, logFile }: { databaseUrl: string; logFile: string },
  { mark, hold }: { mark: string; hold: () => Promise<void> },
): Promise<RecordedStatement[]> {
  return withDatabase(databaseUrl, async (client) => {
    const alreadyWritten = (await readFile(logFile, 'utf8')).length
    await logStatements(client, 'all')
    await hold()
    await logStatements(client, 'none')
    return statementsOf(parseLog((await readFile(logFile, 'utf8')).slice(alreadyWritten)), mark)
  })
}

/** Waits until sessions have heard of it. */
async function logStatements(client: pg.Client, which: 'all' | 'none'): Promise<void> {
  await client.query(`ALTER SYSTEM SET log_statement = '${which}'`)
  await client.query('SELECT pg_reload_conf()')
  const isHeard = async (): Promise<boolean> =>
    (await client.query('SHOW log_statement')).rows[0]?.log_statement === which
  await until(`PostgreSQL logs ${which} statements`, isHeard, { timeoutMs: 10_000, everyMs: 10 })
}

function parseLog(log: string): LogEntry[] {
  return log.split(/^(?=\d{4}-\d\d-\d\d \S+ \S+ \[\d+\] )/m).flatMap((entry) => {
    const [, pid, kind, text] = /^\S+ \S+ \S+ \[(\d+)\] (\w+): {2}(.*)$/s.exec(entry.trimEnd()) ?? []
    return pid && kind && text ? [{ pid, kind, text: text.replaceAll('\n\t', '\n') }] : []
  })
}

function statementsOf(entries: readonly LogEntry[], mark: string): RecordedStatement[] {
  const session = entries.find(({ text }) => text.includes(mark))?.pid
  const all = entries.filter(({ pid }) => pid === session)
  // Whole, also where its first statements do not name it.
  const marked = all.findIndex(({ text }) => text.includes(mark))
  const ours = all.slice(
    Math.max(
      0,
      all.findLastIndex(({ text }, index) => index < marked && text.startsWith('statement: BEGIN')),
    ),
  )
  const statements = ours.flatMap(({ kind, text }, index) => {
    const carriedOut = kind === 'LOG' && /^(?:statement|execute [^:]*): (.*)$/s.exec(text)?.[1]
    if (!carriedOut) return []
    const detail = ours[index + 1]
    return [{ text: carriedOut, parameters: detail?.kind === 'DETAIL' ? parametersOf(detail.text) : [] }]
  })
  return statements.slice(0, statements.findIndex(({ text }) => text === 'COMMIT') + 1)
}

/** Of `parameters: $1 = 'it''s', $2 = NULL`. */
function parametersOf(detail: string): (string | null)[] {
  return [...detail.matchAll(/\$\d+ = (?:NULL|'((?:[^']|'')*)')/g)].map(
    ([, value]) => value?.replaceAll("''", "'") ?? null,
  )
}
