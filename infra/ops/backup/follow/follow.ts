import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'
import type { Say } from '../../../say.ts'
import { backoffMs } from '../../../system/supervisor.ts'
import { until } from '../../../until.ts'
import { describeDatabase } from '../../../with-database.ts'
import { makeBackupFolder } from '../backups.ts'
import { requireFitting } from '../client-tools.ts'
import { requireOurs, withBackedUp } from '../connection.ts'
import { hasLost, surplus } from '../retention.ts'
import { type Barman, openBarman, server, settingsFileOf, slotName } from './barman.ts'
import { readServer, requireRights, requireSameServer } from './followed-server.ts'

interface FollowOptions {
  readonly databaseUrl: string
  readonly directory: string
  readonly say: Say
  readonly stopping: AbortSignal
}

/** A restore replays at most the WAL of this time. */
const newBaseEveryMs = 24 * 3_600_000
/** So a restore may go back to any moment of the last day at least. */
const keptBases = 2
const lookEveryMs = 10_000
const receivesWithinMs = 60_000

/**
 * Has Barman archive the server's WAL as it is written, and a base backup of each day, until `stopping`. Whatever fails later than
 * at the beginning is tried again: the server keeps its WAL for us.
 */
export async function follow(options: FollowOptions): Promise<void> {
  const { databaseUrl, directory, say, stopping } = options
  await makeBackupFolder(directory)
  await withBackedUp(databaseUrl, async (client) => {
    await requireOurs(client, databaseUrl)
    await requireRights(client, say)
    const barman = await openArchive(options, client)
    // Ends a follower that is still connected, such as a Barman whose parent was killed: the last to come follows.
    await barman.run(['receive-wal', '--stop', server]).catch(() => undefined)
    // Barman ends without its `pg_receivewal`, which would receive on.
    const left = 'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active'
    await client.query(left, [slotName]).catch(() => undefined)
  })
  say(`Following ${describeDatabase(databaseUrl)} into ${directory}`)
  for (let failures = 0; !stopping.aborted; ) {
    const begin = performance.now()
    try {
      await withBackedUp(databaseUrl, async (client) =>
        archive(options, { client, barman: await openArchive(options, client) }),
      )
    } catch (error) {
      if (stopping.aborted) break
      failures = performance.now() - begin > receivesWithinMs ? 1 : failures + 1
      if (failures === 1) say(`Interrupted: ${(error as Error).message}`)
      await wait(backoffMs(failures), undefined, { signal: stopping }).catch(() => undefined)
    }
  }
}

/** Each time anew: another server may have taken the place of the first, which is refused. */
async function openArchive({ databaseUrl, directory }: FollowOptions, client: pg.Client): Promise<Barman> {
  const { version, systemIdentifier } = await readServer(client)
  await requireSameServer(directory, systemIdentifier)
  const postgres = await requireFitting('pg_dump', version)
  return openBarman({ directory, settingsFile: settingsFileOf(directory), postgres, databaseUrl })
}

interface Parts {
  readonly barman: Barman
  readonly client: pg.Client
}

/** Until the connection is lost, which throws, or `stopping`. */
async function archive(options: FollowOptions, parts: Parts): Promise<void> {
  const failed = new AbortController()
  const stopping = AbortSignal.any([options.stopping, failed.signal])
  const both = [receive({ ...options, stopping }, parts), keepBases({ ...options, stopping }, parts)]
  // The one that is left must have ended before its folder or connection is used again.
  for (const each of both) each.catch((error: unknown) => failed.abort(error))
  const [outcome] = (await Promise.allSettled(both)).filter((settled) => settled.status === 'rejected')
  if (outcome) throw outcome.reason
}

async function receive(options: FollowOptions, parts: Parts): Promise<void> {
  const { barman, client } = parts
  const lost = `SELECT FROM pg_replication_slots WHERE slot_name = $1 AND wal_status = 'lost'`
  if ((await client.query(lost, [slotName])).rows.length > 0) await beginAnew(options, parts)
  try {
    await barman.run(['receive-wal', server], options.stopping)
  } catch (error) {
    if (/has already been removed/.test(String(error))) await beginAnew(options, parts)
    throw error
  }
  throw new Error('the server ended the connection')
}

/** There is a gap in the WAL: what comes after it needs another base backup. The mark survives a crash. */
async function beginAnew({ directory, say }: FollowOptions, { barman, client }: Parts): Promise<void> {
  say('The server no longer has the WAL from where the archive ends: beginning anew.')
  await writeFile(gapMark(directory), '')
  // A receiver may have moved the slot to the missing WAL before it heard so, and Barman would begin there again.
  await client.query(
    'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1 AND NOT active',
    [slotName],
  )
  await barman.run(['receive-wal', '--reset', server])
}

function gapMark(directory: string): string {
  return join(directory, 'needs-base-backup')
}

async function keepBases({ databaseUrl, directory, say, stopping }: FollowOptions, parts: Parts): Promise<void> {
  const { barman, client } = parts
  await untilReceived(client, stopping)
  while (!stopping.aborted) {
    await barman.run(['archive-wal', server], stopping)
    const { complete, failed } = await barman.bases()
    const [newest] = complete
    const age = newest === undefined ? newBaseEveryMs : Date.now() - newest.completedAt
    if (age >= newBaseEveryMs || existsSync(gapMark(directory))) {
      await requireOurs(client, databaseUrl)
      const begin = performance.now()
      for (const id of failed) await barman.run(['delete', server, id], stopping)
      await makeBase(parts, stopping)
      await rm(gapMark(directory), { force: true })
      say(`Base backup in ${((performance.now() - begin) / 1000).toFixed(1)} s`)
      await removeOldBases(barman, say)
    }
    await wait(lookEveryMs, undefined, { signal: stopping })
  }
}

function untilReceived(client: pg.Client, stopping: AbortSignal): Promise<void> {
  const active = 'SELECT FROM pg_replication_slots WHERE slot_name = $1 AND active'
  const isReceived = async (): Promise<boolean> => (await client.query(active, [slotName])).rows.length > 0
  return until('the WAL is received', isReceived, { timeoutMs: receivesWithinMs, everyMs: 100, stopping })
}

async function makeBase(parts: Parts, stopping: AbortSignal): Promise<void> {
  const { barman, client } = parts
  // Barman begins only once it has archived a file.
  await archiveWalFile(parts, stopping)
  const { rows } = await client.query<{ tickets: string }>('SELECT count(*) AS tickets FROM booking.tickets')
  const name = `tickets-${rows[0]?.tickets}-${Date.now()}`
  await barman.run(['backup', '--name', name, server], stopping)
  // Not by Barman's own `--wait`: since PostgreSQL 16 a backup that ends at the end of a file counts as ending in the next one.
  await archiveWalFile(parts, stopping)
  await barman.run(['check-backup', server, name], stopping)
}

/** Up to now. A server at rest finishes no file, so something is written first. */
async function archiveWalFile({ barman, client }: Parts, stopping: AbortSignal): Promise<void> {
  await client.query(`SELECT pg_create_restore_point('ticketing base backup')`)
  await barman.run(['switch-wal', '--archive', '--archive-timeout', '60', server], stopping)
}

/** Also removes the WAL that only they needed. Removes none while an older one holds over a tenth more tickets than the newest, as with dumps. */
export async function removeOldBases(barman: Pick<Barman, 'bases' | 'run'>, say: Say): Promise<void> {
  const bases = (await barman.bases()).complete.map(({ id, tickets }) => ({ name: id, tickets }))
  if (hasLost(bases)) say('An older base backup holds over a tenth more tickets than the newest: none is removed.')
  for (const id of surplus(bases, keptBases).toReversed()) await barman.run(['delete', server, id])
}
