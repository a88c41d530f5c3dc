import { setTimeout as wait } from 'node:timers/promises'
import type { Kind } from '../../../infra/system/application.ts'
import type { Process } from '../../../infra/system/process.ts'
import { instanceNames } from '../settings.ts'
import type { Effect, Fault } from './fault.ts'

/** SIGKILL; a supervisor would start it again, and so does ours after `lastsMs`. */
export const killProcess = (kind: Kind): Fault => ({
  kind: 'kill process',
  targets: instanceNames(kind),
  touches: [kind],
  lastsMs: [200, 900],
  async inject(system, { target, lastsMs }) {
    const process = system.process(target)
    const before = await process.ready()
    await process.kill({ restartAfterMs: lastsMs })
    const after = await process.ready()
    return { changed: before !== after, seen: `pid ${before} → ${after}` }
  },
})

/** Longer than the tokens of a limit may lie in a gateway: it wakes up with some that have lapsed. */
export const freezeGatewayBeyondLeases: Fault = {
  ...freezeProcess('gateway'),
  kind: 'freeze gateway beyond its leases',
  lastsMs: [2_100, 3_000],
}

/** SIGSTOP: its connections stay, and it says nothing. */
export function freezeProcess(kind: Kind): Fault {
  return {
    kind: 'freeze process',
    targets: instanceNames(kind),
    touches: [kind],
    lastsMs: [400, 2_500],
    async inject(system, { target, lastsMs }) {
      const process = system.process(target)
      await process.ready()
      return standStill(process, lastsMs)
    },
  }
}

/** Freezes a process or a server for that time. */
export async function standStill(process: Process, lastsMs: number): Promise<Effect> {
  const { pid } = process
  await process.freeze()
  try {
    await wait(lastsMs)
    const stopped = await process.isStopped()
    return { changed: stopped, seen: `pid ${pid} ${stopped ? 'stood still' : 'was not stopped'}` }
  } finally {
    await process.resume()
  }
}
