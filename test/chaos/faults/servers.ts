import { glob, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Database } from '#shared/database/postgres.ts'
import type { ServerName } from '../../../infra/system/system-servers.ts'
import type { SystemUnderTest } from '../start.ts'
import type { Effect, Fault } from './fault.ts'
import { standStill } from './processes.ts'

/** A crash: SIGKILL to the server and all its children, started again on the same port with what was on disk. */
export const killServer = (name: ServerName): Fault => ({
  kind: `kill ${name}`,
  targets: [name],
  touches: [name],
  alone: name !== 'redis',
  lastsMs: [200, 800],
  inject: (system, { lastsMs }) => restart(system, { name, afterMs: lastsMs, withData: true }),
})

/** As a machine that is lost within the second before Redis syncs its file: what was acknowledged last is gone. */
export const cutOffTailOfRedis: Fault = {
  kind: 'kill redis, cut its tail',
  targets: ['redis'],
  touches: ['redis'],
  lastsMs: [200, 800],
  async inject({ servers, directory }, { lastsMs, amount }) {
    const server = servers.server('redis')
    const before = server.pid
    await server.kill()
    const cut = await cutOffTail(join(directory, 'redis'), amount * tailBytes)
    await wait(lastsMs)
    await server.restart()
    return { changed: server.pid !== before && cut > 0, seen: `pid ${before} → ${server.pid}, ${cut} bytes lost` }
  },
}

/** About what is written in a fifth of a second. */
const tailBytes = 4_096

/** Takes the last bytes off the newest append-only file; Redis loads what is whole of it. Answers how many. */
export async function cutOffTail(folder: string, bytes: number): Promise<number> {
  let newest: string | undefined
  for await (const file of glob(join(folder, '*', '*.incr.aof'))) newest = file
  if (newest === undefined) return 0
  const { size } = await stat(newest)
  const cut = Math.min(size, bytes)
  await truncate(newest, size - cut)
  return cut
}

/** As a machine that is lost: what Redis knew is gone. */
export const killRedisWithItsData: Fault = {
  kind: 'kill redis with its data',
  targets: ['redis'],
  touches: ['redis'],
  lastsMs: [200, 1_500],
  inject: (system, { lastsMs }) => restart(system, { name: 'redis', afterMs: lastsMs, withData: false }),
}

export const freezeServer = (name: ServerName): Fault => ({
  kind: `freeze ${name}`,
  targets: [name],
  touches: [name],
  alone: name !== 'redis',
  lastsMs: [400, 2_000],
  inject: ({ servers }, { lastsMs }) => standStill(servers.server(name), lastsMs),
})

/** What an administrator, or a failover, does to single sessions. */
export const terminateBackends = (application: 'booking' | 'purchase' | 'sandbox'): Fault => ({
  kind: 'terminate backend',
  targets: [application],
  touches: ['postgres', application],
  lastsMs: [0, 0],
  async inject(system, { amount }) {
    const pids = await terminate(system.db, { application, amount })
    return { changed: pids.length > 0, seen: `${pids.length} sessions ended` }
  },
})

/** Ends up to `amount` sessions, those in the middle of something first; answers the ones that are gone. */
async function terminate(db: Database, which: { application: string; amount: number }): Promise<number[]> {
  const rows = await db.query<{ pid: number }>(
    `SELECT pid FROM (
       SELECT pid FROM pg_stat_activity WHERE application_name LIKE $1
       ORDER BY (state = 'idle'), pid LIMIT $2) AS chosen
     WHERE pg_terminate_backend(pid, 1000)`,
    [`%${which.application}%`, which.amount],
  )
  return rows.map(({ pid }) => pid)
}

async function restart(
  { servers }: SystemUnderTest,
  { name, afterMs, withData }: { name: ServerName; afterMs: number; withData: boolean },
): Promise<Effect> {
  const server = servers.server(name)
  const before = server.pid
  await server.kill()
  await wait(afterMs)
  await server.restart({ withData })
  return { changed: server.pid !== before, seen: `pid ${before} → ${server.pid}` }
}
