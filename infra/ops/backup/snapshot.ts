import type pg from 'pg'
import { connectForBackup } from './connection.ts'
import { type Contents, readContents } from './contents.ts'
import type { Manifest } from './manifest.ts'
import { requireOurs } from './require-ours.ts'

/** What is known of a database at the moment of a snapshot. */
type Facts = Omit<Manifest, 'format' | 'dumpedBy' | 'contents'>

/**
 * A moment of the database that pg_dump sees as well: what the manifest counts is what the dump holds, however much is sold
 * meanwhile. It lasts until it is closed, and holds back vacuum for that long.
 */
export class Snapshot {
  /** For `pg_dump --snapshot`. */
  readonly name: string
  readonly facts: Facts
  readonly #client: pg.Client

  private constructor(client: pg.Client, { name, ...facts }: Facts & { name: string }) {
    this.#client = client
    this.name = name
    this.facts = facts
  }

  static async open(databaseUrl: string): Promise<Snapshot> {
    const client = await connectForBackup(databaseUrl)
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY')
      // It idles while the dump is written.
      await client.query('SET LOCAL idle_in_transaction_session_timeout = 0')
      await requireOurs(client, databaseUrl)
      return new Snapshot(client, await readFacts(client))
    } catch (error) {
      await client.end().catch(() => undefined)
      throw error
    }
  }

  readContents(): Promise<Contents> {
    return readContents(this.#client)
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => undefined)
  }
}

async function readFacts(client: pg.Client): Promise<Facts & { name: string }> {
  const { rows } = await client.query<
    Omit<Facts, 'takenAt' | 'databaseBytes'> & { at: Date; bytes: string; name: string }
  >(`
    SELECT pg_export_snapshot() AS name, now() AS at, current_database() AS database,
      pg_database_size(current_database()) AS bytes,
      split_part(current_setting('server_version'), ' ', 1) AS "serverVersion",
      (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)::text AS "walPosition",
      ARRAY(
        SELECT rolname::text FROM pg_roles AS role
        WHERE rolname NOT LIKE 'pg\\_%' AND (
          EXISTS (SELECT FROM pg_shdepend JOIN pg_database AS database ON database.oid = dbid
            WHERE datname = current_database() AND refclassid = 'pg_authid'::regclass AND refobjid = role.oid)
          -- Of the server's first user nothing is written down there.
          OR EXISTS (SELECT FROM pg_namespace WHERE nspowner = role.oid AND nspname NOT LIKE 'pg\\_%'
            AND nspname <> 'information_schema'))
        ORDER BY 1) AS roles`)
  const [row] = rows
  if (row === undefined) throw new Error('the database did not describe itself')
  const { at, bytes, ...facts } = row
  return { ...facts, takenAt: at.toISOString(), databaseBytes: Number(bytes) }
}
