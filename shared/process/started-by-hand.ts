import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataDirectory, isAlive, readRunningSystem } from './config.ts'

/*
 * Processes that somebody starts beside a running system (`npm run gateway`, `npm run worker -- booking`) write a file each into the
 * data folder, by which the launcher and the commands find them. A killed one leaves its file. Readers check that the process lives.
 */

/** The content of such a file. */
export interface StartedByHand {
  /** `gateway`, `booking-worker`. */
  readonly name: string
  readonly instance: string
  readonly pid: number
  /** The launcher whose system it has joined. */
  readonly launcher: number
  /** Where it listens, and where its metrics are: once it is ready. */
  readonly port?: number
  readonly metrics_url?: string
}

/** A name that a living process has. The message names the process and the remedy. */
export class NameTakenError extends Error {}

/** All that are there, the dead included. */
export function readStartedByHand(directory: string): StartedByHand[] {
  return filesIn(folderOf(directory)).flatMap((file) => readEntry(join(folderOf(directory), file)) ?? [])
}

/** Forgets one that has died. */
export function forgetStartedByHand(directory: string, { instance }: Pick<StartedByHand, 'instance'>): void {
  rmSync(fileOf(directory, instance), { force: true })
}

/** The first of `kind-1`, `kind-2`, … that no living process of the running system has; `kind-1` without a system. */
export function freeInstanceName(kind: string, env: NodeJS.ProcessEnv): string {
  const running = joinedSystem(env)
  if (running === null) return `${kind}-1`
  const living = [...running.processes, ...readStartedByHand(dataDirectory(env))].filter(({ pid }) => isAlive(pid))
  const taken = new Set(living.map(({ instance }) => instance))
  let number = 1
  while (taken.has(`${kind}-${number}`)) number += 1
  return `${kind}-${number}`
}

/** One process' own file. */
export class Registration {
  readonly #directory: string
  #entry: StartedByHand

  private constructor(directory: string, entry: StartedByHand) {
    this.#directory = directory
    this.#entry = entry
  }

  /**
   * Registers this process, unless no system runs or the launcher itself has started it (null). Throws `NameTakenError` where a living
   * process has that name: their logs and metrics could not be told apart.
   */
  static claim(
    { name, instance }: Pick<StartedByHand, 'name' | 'instance'>,
    env: NodeJS.ProcessEnv,
  ): Registration | null {
    const running = joinedSystem(env)
    if (running === null) return null
    const directory = dataDirectory(env)
    const holders = [...running.processes, ...readStartedByHand(directory)]
    const holder = holders.find((each) => each.instance === instance && isAlive(each.pid))
    if (holder !== undefined) throw nameTaken(holder)
    const entry = { name, instance, pid: process.pid, launcher: running.pid }
    mkdirSync(folderOf(directory), { recursive: true, mode: 0o700 })
    forgetStartedByHand(directory, entry)
    try {
      writeFileSync(fileOf(directory, instance), JSON.stringify(entry), { flag: 'wx', mode: 0o600 })
    } catch {
      // Between our look and our claim another one has come.
      throw nameTaken(entry)
    }
    return new Registration(directory, entry)
  }

  /** The log that `npm run logs` reads. */
  get logFile(): string {
    return join(this.#directory, 'logs', `${this.#entry.instance}.log`)
  }

  /** From now on it is found at these addresses. */
  ready({ port, metrics_url }: { readonly port?: unknown; readonly metrics_url?: unknown }): void {
    this.#entry = {
      ...this.#entry,
      ...(typeof port === 'number' && { port }),
      ...(typeof metrics_url === 'string' && { metrics_url }),
    }
    const file = fileOf(this.#directory, this.#entry.instance)
    writeFileSync(`${file}.new`, JSON.stringify(this.#entry), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }

  remove(): void {
    forgetStartedByHand(this.#directory, this.#entry)
  }
}

/** The running system; null without one, and for those whom its launcher has started. */
function joinedSystem(env: NodeJS.ProcessEnv) {
  const running = readRunningSystem(env)
  return running === null || running.pid === process.ppid ? null : running
}

function nameTaken({ instance, pid }: Pick<StartedByHand, 'instance' | 'pid'>): NameTakenError {
  return new NameTakenError(`${instance} runs already (process ${pid}). Choose another name by --instance.`)
}

function folderOf(directory: string): string {
  return join(directory, 'started-by-hand')
}

function fileOf(directory: string, instance: string): string {
  return join(folderOf(directory), `${instance}.json`)
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch {
    // No folder: nobody has come yet.
    return []
  }
}

function readEntry(file: string): StartedByHand | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as StartedByHand
  } catch {
    return undefined
  }
}
