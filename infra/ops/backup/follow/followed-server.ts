import type pg from 'pg'
import { ExplainedError } from '../../../explained-error.ts'
import type { Say } from '../../../say.ts'
import { rightsToFollow } from '../../../system/servers/postgres.ts'
import { readIdentity } from './barman.ts'

/** Throws `ExplainedError` with the remedy where the server does not let us archive its WAL. */
export async function requireRights(client: pg.Client, say: Say): Promise<void> {
  const { rows } = await client.query<{ user: string; may: boolean; tablespaces: number; keeps_at_most: string }>(
    `SELECT rolname AS user,
       rolsuper OR rolreplication AND pg_has_role('pg_monitor', 'USAGE')
         AND has_function_privilege('pg_create_restore_point(text)', 'EXECUTE') AS may,
       (SELECT count(*)::int FROM pg_tablespace WHERE spcname NOT LIKE 'pg\\_%') AS tablespaces,
       current_setting('max_slot_wal_keep_size') AS keeps_at_most
     FROM pg_roles WHERE rolname = current_user`,
  )
  const [rights] = rows
  if (rights === undefined) throw new Error('the server does not know who we are')
  if (rights.tablespaces > 0) throw new ExplainedError('The server has tablespaces: they are not archived.')
  if (!rights.may) {
    throw new ExplainedError(
      `${rights.user} may not archive the WAL. As a superuser:\n  ${rightsToFollow(rights.user).join(';\n  ')};\n` +
        'and a line for the database `replication` in pg_hba.conf. A managed PostgreSQL has its own point-in-time restore instead.',
    )
  }
  if (rights.keeps_at_most === '-1') {
    say('Set max_slot_wal_keep_size: without it the disk of the server fills while nobody archives its WAL.')
  }
}

/** Who answers; PostgreSQL tells servers apart by an identifier that is made with their data, and kept by their copies. */
export async function readServer(client: pg.Client): Promise<{ version: string; systemIdentifier: string }> {
  const { rows } = await client.query<{ version: string; systemIdentifier: string }>(
    `SELECT current_setting('server_version') AS version, system_identifier::text AS "systemIdentifier"
     FROM pg_control_system()`,
  )
  if (rows[0] === undefined) throw new Error('the server did not say who it is')
  return rows[0]
}

/** Throws `ExplainedError` where the folder is another server's archive: base backups of this one would push out the good ones. */
export async function requireSameServer(directory: string, systemIdentifier: string): Promise<void> {
  const known = (await readIdentity(directory))?.systemid ?? systemIdentifier
  if (known === systemIdentifier) return
  throw new ExplainedError(
    `${directory} is the archive of another server (${known}), and this one is ${systemIdentifier}: nothing was changed.\n` +
      `Look whether DATABASE_URL is right. If it is, name another folder by --to, or move ${directory} elsewhere and keep it.`,
  )
}
