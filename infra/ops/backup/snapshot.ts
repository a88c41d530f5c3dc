import type pg from 'pg'
import { requireOurs, withBackedUp } from './connection.ts'
import type { Manifest } from './manifest.ts'

/**
 * What is known of a database at a moment that pg_dump sees as well: what the manifest counts is what the dump holds, however much is
 * sold meanwhile.
 */
export interface Snapshot extends Omit<Manifest, 'format' | 'dumpedBy' | 'contents'> {
  /** For `pg_dump --snapshot`. */
  readonly name: string
}

/** Lets `work` have a session in a snapshot, which holds back vacuum for that long. */
export function withSnapshot<Result>(
  databaseUrl: string,
  work: (client: pg.Client, snapshot: Snapshot) => Promise<Result>,
): Promise<Result> {
  return withBackedUp(databaseUrl, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY')
    // It idles while the dump is written.
    await client.query('SET LOCAL idle_in_transaction_session_timeout = 0')
    await requireOurs(client, databaseUrl)
    return work(client, await exportSnapshot(client))
  })
}

async function exportSnapshot(client: pg.Client): Promise<Snapshot> {
  const { rows } = await client.query<Omit<Snapshot, 'takenAt' | 'databaseBytes'> & { at: Date; bytes: string }>(`
    SELECT pg_export_snapshot() AS name, now() AS at, current_database() AS database,
      pg_database_size(current_database()) AS bytes,
      split_part(current_setting('server_version'), ' ', 1) AS "serverVersion",
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
