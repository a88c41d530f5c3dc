import { join } from 'node:path'
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

const lookAgainMs = 500

/** The processes that somebody starts beside ours: seen when they are ready, and forgotten when they stop or die. */
export class HandStarted {
  readonly #options: HandStartedOptions
  #timer: NodeJS.Timeout | undefined
  #known = new Map<string, StartedByHand>()

  constructor(options: HandStartedOptions) {
    this.#options = options
  }

  /** Looks from now on until `stop`. */
  watch(): void {
    this.#timer = setInterval(() => this.#look(), lookAgainMs)
  }

  /** Those that are ready now. */
  get list(): StartedByHand[] {
    return [...this.#known.values()]
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const { dataDirectory, onChange } = this.#options
    const entries = readStartedByHand(dataDirectory)
    const dead = entries.filter(({ pid }) => !isAlive(pid))
    for (const entry of dead) forgetStartedByHand(dataDirectory, entry)
    const ready = entries.filter(
      (entry) => entry.launcher === process.pid && entry.metrics_url !== undefined && !dead.includes(entry),
    )
    const before = this.#known
    this.#known = new Map(ready.map((entry) => [entry.instance, entry]))
    const came = ready.filter(({ instance, pid }) => before.get(instance)?.pid !== pid)
    const gone = [...before.values()].filter(({ instance, pid }) => this.#known.get(instance)?.pid !== pid)
    const deadPids = new Set(dead.map(({ pid }) => pid))
    for (const entry of gone) this.#tellGone(entry, deadPids.has(entry.pid))
    for (const entry of came) this.#tellCame(entry)
    if (came.length + gone.length > 0) onChange()
  }

  #tellCame(entry: StartedByHand): void {
    this.#logOf(entry).info({ started_by: 'hand', joined_pid: entry.pid }, 'joined the system')
    this.#options.say(processLine(entry, 'joined'))
  }

  /** Only the parent learns an exit code or signal, so this says just that it died. */
  #tellGone(entry: StartedByHand, hasDied: boolean): void {
    const died = 'died; it is not restarted, because it was started by hand'
    if (hasDied) this.#logOf(entry).warn({ ended_pid: entry.pid }, died)
    this.#options.say(processLine(entry, hasDied ? 'died' : 'stopped'))
  }

  #logOf({ instance }: StartedByHand) {
    return launcherLog(join(this.#options.dataDirectory, 'logs', `${instance}.log`), instance)
  }
}
