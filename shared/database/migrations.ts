import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClientBase } from 'pg'
import type { Queryable } from './postgres.ts'

export interface MigrationSet {
  /** Created when absent; its table `schema_migrations` records what ran. */
  readonly schema: string
  /** Holds `001-name.sql`, `002-name.sql`, …; each runs once, in its own transaction, and is never edited again. */
  readonly directory: string
}

/** The files contradict each other, or the migrations that already ran. The message names the file and what to do. */
export class MigrationError extends Error {}

interface Migration {
  readonly name: string
  readonly sql: string
  readonly hash: string
}

type AppliedMigration = Pick<Migration, 'name' | 'hash'>

/** One lock for all schemas: they share extensions, and two launchers may start at once. The number is arbitrary. */
const migrationLock = 7_301_944_112

/**
 * Runs the pending migrations in order and returns their names. `client` is a connected session used for nothing else. Many processes can
 * call it at once. Throws `MigrationError` for a file that changed after it ran, for a new file that sorts before one that ran, and for a
 * wrong file name.
 */
export async function migrate(client: ClientBase, { schema, directory }: MigrationSet): Promise<string[]> {
  const migrations = await readMigrations(directory)
  return withMigrationLock(client, async () => {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`)
    await client.query(`
      CREATE TABLE IF NOT EXISTS ${schema}.schema_migrations (
        name text PRIMARY KEY, hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`)
    const { rows } = await client.query<AppliedMigration>(recordQuery(schema))
    const pending = unapplied(schema, migrations, rows)
    for (const migration of pending) await apply(client, schema, migration)
    return pending.map(({ name }) => name)
  })
}

/** Runs `work` while nobody else migrates this database. Waits at most 60 s. */
export async function withMigrationLock<Result>(client: ClientBase, work: () => Promise<Result>): Promise<Result> {
  await client.query("SET lock_timeout = '60s'")
  await client.query('SELECT pg_advisory_lock($1)', [migrationLock])
  try {
    return await work()
  } finally {
    await attempt(client.query('SELECT pg_advisory_unlock($1)', [migrationLock]))
  }
}

/** Names of the pending migrations. Throws like `migrate`. */
export async function pendingMigrations(db: Queryable, { schema, directory }: MigrationSet): Promise<string[]> {
  const migrations = await readMigrations(directory)
  const [table] = await db.query<{ name: string | null }>('SELECT to_regclass($1)::text AS name', [
    `${schema}.schema_migrations`,
  ])
  const applied = table?.name ? await db.query<AppliedMigration>(recordQuery(schema)) : []
  return unapplied(schema, migrations, applied).map(({ name }) => name)
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort()
  const numbers = new Set<string>()
  for (const name of names) {
    const number = /^(\d{3})-[a-z0-9-]+\.sql$/.exec(name)?.[1]
    if (number === undefined)
      throw new MigrationError(`${join(directory, name)}: a migration is named like 001-name.sql`)
    if (numbers.has(number)) throw new MigrationError(`${directory}: two migrations have the number ${number}`)
    numbers.add(number)
  }
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(directory, name), 'utf8')
      return { name, sql, hash: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

function recordQuery(schema: string): string {
  return `SELECT name, hash FROM ${schema}.schema_migrations ORDER BY name COLLATE "C"`
}

function unapplied(
  schema: string,
  migrations: readonly Migration[],
  applied: readonly AppliedMigration[],
): Migration[] {
  const appliedHashes = new Map(applied.map(({ name, hash }) => [name, hash]))
  const newestApplied = applied.at(-1)?.name ?? ''
  return migrations.filter(({ name, hash }) => {
    const appliedHash = appliedHashes.get(name)
    if (appliedHash === hash) return false
    if (appliedHash !== undefined) {
      throw new MigrationError(
        `${schema}/${name} has changed since it ran on this database: restore it and add a new migration instead`,
      )
    }
    if (name < newestApplied) {
      throw new MigrationError(`${schema}/${name} sorts before ${newestApplied}, which ran already: renumber it`)
    }
    return true
  })
}

async function apply(client: ClientBase, schema: string, { name, sql, hash }: Migration): Promise<void> {
  try {
    await client.query('BEGIN')
    await client.query(sql)
    await client.query(`INSERT INTO ${schema}.schema_migrations (name, hash) VALUES ($1, $2)`, [name, hash])
    await client.query('COMMIT')
  } catch (error) {
    await attempt(client.query('ROLLBACK'))
    throw new Error(`migration ${schema}/${name} failed`, { cause: error })
  }
}

/** A broken session has no lock or transaction left; only the original error must be reported. */
async function attempt(cleanUp: Promise<unknown>): Promise<void> {
  await cleanUp.catch(() => undefined)
}
