import { join } from 'node:path'
import type Logger from 'bunyan'
import { isAlive } from '#shared/process/config.ts'
import { forgetStartedByHand, readStartedByHand, type StartedByHand } from '#shared/process/started-by-hand.ts'
import type { Say } from '../../say.ts'
import { launcherLog } from '../supervisor.ts'
import { processLine } from './process-line.ts'

export interface HandStartedOptions {
  readonly dataDirectory: string
  readonly say: Say
  /** Called when one is ready or gone. */
  onChange(): void
}

export interface HandStarted {
  /** Those that are ready now. */
  list(): StartedByHand[]
  stop(): void
}

const lookAgainMs = 500

/** Looks for processes that somebody starts beside ours: seen when they are ready, and forgotten when they stop or die. */
export function watchHandStarted({ dataDirectory, say, onChange }: HandStartedOptions): HandStarted {
  let known = new Map<string, StartedByHand>()
  const logOf = ({ instance }: StartedByHand): Logger =>
    launcherLog(join(dataDirectory, 'logs', `${instance}.log`), instance)

  const look = (): void => {
    const entries = readStartedByHand(dataDirectory)
    const dead = entries.filter(({ pid }) => !isAlive(pid))
    for (const entry of dead) forgetStartedByHand(dataDirectory, entry)
    const ready = entries.filter(
      (entry) => entry.launcher === process.pid && entry.metrics_url !== undefined && !dead.includes(entry),
    )
    const before = known
    known = new Map(ready.map((entry) => [entry.instance, entry]))
    const came = ready.filter(({ instance, pid }) => before.get(instance)?.pid !== pid)
    const gone = [...before.values()].filter(({ instance, pid }) => known.get(instance)?.pid !== pid)
    for (const entry of gone) {
      const hasDied = dead.some(({ pid }) => pid === entry.pid)
      // Only the parent learns an exit code or signal, so this says just that it died.
      const died = 'died; it is not restarted, because it was started by hand'
      if (hasDied) logOf(entry).warn({ ended_pid: entry.pid }, died)
      say(processLine(entry, hasDied ? 'died' : 'stopped'))
    }
    for (const entry of came) {
      logOf(entry).info({ started_by: 'hand', joined_pid: entry.pid }, 'joined the system')
      say(processLine(entry, 'joined'))
    }
    if (came.length + gone.length > 0) onChange()
  }

  const timer = setInterval(look, lookAgainMs)
  return { list: () => [...known.values()], stop: () => clearInterval(timer) }
}
