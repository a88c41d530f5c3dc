import { setTimeout as wait } from 'node:timers/promises'
import type { Database } from '#shared/database/postgres.ts'
import { isStopped } from '../process-state.ts'
import type { RestartableServer } from '../restartable-server.ts'
import type { ServerName } from '../servers/chaos-servers.ts'
import { SingleServers } from '../servers/single-servers.ts'
import type { ChaosSystem } from '../system.ts'
import type { Effect, Fault } from './fault.ts'

/** A crash: SIGKILL to the server and all its children, started again on the same port with what was on disk. */
export function killServer(name: ServerName): Fault {
  return {
    kind: `kill ${name}`,
    targets: [name],
    touches: [name],
    alone: name !== 'redis',
    lastsMs: [200, 800],
    inject: (system, { lastsMs }) => restart(system, { name, afterMs: lastsMs, empty: false }),
  }
}

/** As a machine that is lost: what Redis knew is gone. */
export const killRedisWithItsData: Fault = {
  kind: 'kill redis with its data',
  targets: ['redis'],
  touches: ['redis'],
  lastsMs: [200, 1_500],
  inject: (system, { lastsMs }) => restart(system, { name: 'redis', afterMs: lastsMs, empty: true }),
}

export function freezeServer(name: ServerName): Fault {
  return {
    kind: `freeze ${name}`,
    targets: [name],
    touches: [name],
    alone: name !== 'redis',
    lastsMs: [400, 2_000],
    async inject(system, { lastsMs }) {
      const server = serverOf(system, name)
      const { pid } = server
      await server.signal('SIGSTOP')
      try {
        await wait(lastsMs)
        const stopped = await isStopped(pid)
        return { changed: stopped, seen: `pid ${pid} ${stopped ? 'stood still' : 'was not stopped'}` }
      } finally {
        await server.signal('SIGCONT')
      }
    },
  }
}

/** What an administrator, or a failover, does to single sessions. */
export function terminateBackends(application: 'booking' | 'purchase' | 'sandbox'): Fault {
  return {
    kind: 'terminate backend',
    targets: [application],
    touches: ['postgres', application],
    lastsMs: [0, 0],
    async inject(system, { amount }) {
      const pids = await terminate(system.db, { application, amount })
      return { changed: pids.length > 0, seen: `${pids.length} sessions ended` }
    },
  }
}

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
  system: ChaosSystem,
  { name, afterMs, empty }: { name: ServerName; afterMs: number; empty: boolean },
): Promise<Effect> {
  const server = serverOf(system, name)
  const before = server.pid
  await server.kill()
  await wait(afterMs)
  if (empty) await server.forget()
  await server.start()
  return { changed: server.pid !== before, seen: `pid ${before} → ${server.pid}` }
}

function serverOf({ servers }: ChaosSystem, name: ServerName): RestartableServer {
  if (servers instanceof SingleServers) return servers.server(name)
  throw new Error('this run has clusters of servers')
}
