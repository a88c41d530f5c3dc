import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'
import { ExplainedError } from '../../explained-error.ts'
import type { Say } from '../../say.ts'
import { backoffMs } from '../../system/supervisor.ts'
import { makeBackupFolder, removeAbandoned } from '../backups.ts'
import { ClientTools } from '../client-tools.ts'
import { connectForBackup, connectionOf, describeDatabase } from '../connection.ts'
import { requireOurs } from '../require-ours.ts'
import { makeBase } from './base-backup.ts'
import { beginStretch, listBases, newestStretch, removeOldBases, requireSameServer, walOf } from './log-folder.ts'
import { ensureSlot, readServer, requireReplication, slotName, takeOverSlot } from './replication.ts'

export interface FollowOptions {
  readonly databaseUrl: string
  readonly directory: string
  readonly say: Say
  readonly stopping: AbortSignal
}

/** A recovery replays at most the log of this time. */
const newBaseEveryMs = 24 * 3_600_000
/** So a recovery may go back to any moment of the last day at least. */
const keptBases = 2
const lookEveryMs = 60_000

/**
 * Keeps a copy of the server's log that is some milliseconds old, and a base backup of each day, until `stopping`. Whatever
 * fails later than at the beginning is tried again: the server keeps its log for us.
 */
export async function follow(options: FollowOptions): Promise<void> {
  const { databaseUrl, directory, say, stopping } = options
  await makeBackupFolder(directory)
  await prepare(options, say)
  await removeAbandoned(directory, new Date())
  say(`Following ${describeDatabase(databaseUrl)} into ${directory}`)
  for (let failures = 0; !stopping.aborted; ) {
    const begin = performance.now()
    try {
      await followOnce(options)
    } catch (error) {
      if (stopping.aborted) break
      failures = performance.now() - begin > lookEveryMs ? 1 : failures + 1
      if (failures === 1) say(`Interrupted: ${(error as Error).message}`)
      await wait(backoffMs(failures), undefined, { signal: stopping }).catch(() => undefined)
    }
  }
}

/** What must be right before anything is promised. */
async function prepare({ databaseUrl, directory }: FollowOptions, say: Say): Promise<void> {
  const client = await connectForBackup(databaseUrl)
  try {
    await requireOurs(client, databaseUrl)
    await requireReplication(client, say)
    await requireSameServer(directory, (await readServer(client)).systemIdentifier)
    await takeOverSlot(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Until the connection is lost, which throws, or `stopping`. */
async function followOnce(options: FollowOptions): Promise<void> {
  const { databaseUrl, directory, stopping } = options
  const client = await connectForBackup(databaseUrl)
  const failed = new AbortController()
  const stop = AbortSignal.any([stopping, failed.signal])
  try {
    const { version, systemIdentifier } = await readServer(client)
    // Another one may have taken the place of the first.
    await requireSameServer(directory, systemIdentifier)
    const tools = await ClientTools.for(version)
    const stretch = await stretchToGoOn(options, { systemIdentifier, slotIsNew: await ensureSlot(client) })
    const both = [
      receiveLog({ ...options, stopping: stop }, { tools, stretch, systemIdentifier }),
      keepBases({ ...options, stopping: stop }, { client, tools, stretch, systemIdentifier }),
    ]
    // The one that is left must have ended before its folder or connection is used again.
    for (const each of both) each.catch((error: unknown) => failed.abort(error))
    const [outcome] = (await Promise.allSettled(both)).filter((settled) => settled.status === 'rejected')
    if (outcome) throw outcome.reason
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function stretchToGoOn(
  { directory, say }: FollowOptions,
  { systemIdentifier, slotIsNew }: { systemIdentifier: string; slotIsNew: boolean },
): Promise<string> {
  const newest = await newestStretch(directory)
  if (newest !== undefined && !slotIsNew) return newest
  if (newest !== undefined) say('The server no longer has the log from where the copy ends: beginning anew.')
  return beginStretch(directory, { systemIdentifier, now: new Date() })
}

async function receiveLog(
  { databaseUrl, directory, stopping }: FollowOptions,
  { tools, stretch, systemIdentifier }: { tools: ClientTools; stretch: string; systemIdentifier: string },
): Promise<void> {
  const { dbname, environment } = connectionOf(databaseUrl)
  const args = [
    `--directory=${walOf(stretch)}`,
    `--slot=${slotName}`,
    // Each piece is synced as it comes, and the server told so.
    '--synchronous',
    '--no-loop',
    '--no-password',
    `--dbname=${dbname}`,
  ]
  try {
    await tools.run({ tool: 'pg_receivewal', args, environment, stopping })
  } catch (error) {
    // The slot was moved on by a copy elsewhere.
    if (/has already been removed/.test(String(error)))
      await beginStretch(directory, { systemIdentifier, now: new Date() })
    throw error
  }
  throw new ExplainedError('the server ended the connection')
}

async function keepBases(
  { databaseUrl, directory, say, stopping }: FollowOptions,
  {
    stretch,
    systemIdentifier,
    ...server
  }: { client: pg.Client; tools: ClientTools; stretch: string; systemIdentifier: string },
): Promise<void> {
  while (!stopping.aborted) {
    const newest = (await listBases(directory)).find(({ walDirectory }) => walDirectory === walOf(stretch))
    const age = newest === undefined ? newBaseEveryMs : Date.now() - Date.parse(newest.manifest.completedAt)
    if (age >= newBaseEveryMs) {
      await requireOurs(server.client, databaseUrl)
      await requireSameServer(directory, systemIdentifier)
      const begin = performance.now()
      const base = await makeBase({ ...server, databaseUrl, stretch, stopping })
      say(`Base backup ${base} in ${((performance.now() - begin) / 1000).toFixed(1)} s`)
      await removeOldBases(directory, { keep: keptBases, say })
    }
    await wait(lookEveryMs, undefined, { signal: stopping })
  }
}
