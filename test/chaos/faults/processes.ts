import { setTimeout as wait } from 'node:timers/promises'
import type { Kind } from '../../support/process.ts'
import { instanceNames } from '../instance-names.ts'
import { isStopped } from '../process-state.ts'
import type { Fault } from './fault.ts'

/** SIGKILL; a launcher would start it again, and so does the system under test after `lastsMs`. */
export function killProcess(kind: Kind): Fault {
  return {
    kind: 'kill process',
    targets: instanceNames(kind),
    touches: [kind],
    lastsMs: [200, 900],
    async inject(system, { target, lastsMs }) {
      const instance = system.instance(target)
      const before = await instance.ready()
      await instance.kill({ restartAfterMs: lastsMs })
      const after = await instance.ready()
      return { changed: before !== after, seen: `pid ${before} → ${after}` }
    },
  }
}

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
      const pid = await system.instance(target).ready()
      process.kill(pid, 'SIGSTOP')
      try {
        await wait(lastsMs)
        const stopped = await isStopped(pid)
        return { changed: stopped, seen: `pid ${pid} ${stopped ? 'stood still' : 'was not stopped'}` }
      } finally {
        process.kill(pid, 'SIGCONT')
      }
    },
  }
}
