import type pg from 'pg'
import { ExplainedError } from '../../explained-error.ts'
import type { Say } from '../../say.ts'

/** Makes the server keep its log until we have it. One follower a server. */
export const slotName = 'ticketing_backup'

interface Rights {
  readonly user: string
  readonly may_replicate: boolean
  readonly wal_level: string
  readonly tablespaces: number
  readonly keeps_at_most: string
}

/** Throws `ExplainedError` with the remedy where the server does not let us follow its log. */
export async function requireReplication(client: pg.Client, say: Say): Promise<void> {
  const { rows } = await client.query<Rights>(
    `SELECT rolname AS user, rolsuper OR rolreplication AS may_replicate, current_setting('wal_level') AS wal_level,
       (SELECT count(*)::int FROM pg_tablespace WHERE spcname NOT LIKE 'pg\\_%') AS tablespaces,
       current_setting('max_slot_wal_keep_size') AS keeps_at_most
     FROM pg_roles WHERE rolname = current_user`,
  )
  const [rights] = rows
  if (rights === undefined) throw new Error('the server does not know who we are')
  if (rights.wal_level === 'minimal') throw new ExplainedError('The server writes too little: set wal_level = replica.')
  if (rights.tablespaces > 0)
    throw new ExplainedError('The server has tablespaces of its own, which cannot be followed.')
  if (!rights.may_replicate) {
    throw new ExplainedError(
      `${rights.user} may not follow the log: ALTER ROLE ${rights.user} REPLICATION, and a line for the database\n` +
        '`replication` in pg_hba.conf. A managed PostgreSQL has its own recovery to a point in time in place of this.',
    )
  }
  if (rights.keeps_at_most === '-1') {
    say('Set max_slot_wal_keep_size: without it the disk of the server fills while nobody follows its log.')
  }
}

interface FollowedServer {
  readonly version: string
  /** By which PostgreSQL tells servers apart: given when its data were made, and kept by their copies. */
  readonly systemIdentifier: string
}

/** Who answers at the moment. */
export async function readServer(client: pg.Client): Promise<FollowedServer> {
  const { rows } = await client.query<FollowedServer>(
    `SELECT current_setting('server_version') AS version, system_identifier::text AS "systemIdentifier"
     FROM pg_control_system()`,
  )
  if (rows[0] === undefined) throw new Error('the server did not say who it is')
  return rows[0]
}

/** Ends whoever follows now, such as a program whose parent was killed: who comes last follows. */
export async function takeOverSlot(client: pg.Client): Promise<void> {
  await client.query(
    'SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name = $1 AND active_pid IS NOT NULL',
    [slotName],
  )
}

/** Makes sure of the slot. True: it is new, so that what was written before it may be missing. */
export async function ensureSlot(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ wal_status: string | null }>(
    'SELECT wal_status FROM pg_replication_slots WHERE slot_name = $1',
    [slotName],
  )
  if (rows[0] !== undefined && rows[0].wal_status !== 'lost') return false
  if (rows[0] !== undefined) await client.query('SELECT pg_drop_replication_slot($1)', [slotName])
  await client.query('SELECT pg_create_physical_replication_slot($1, true)', [slotName])
  return true
}
