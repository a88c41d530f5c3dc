import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataDirectory, isAlive, readRunningSystem } from './config.ts'

/*
 * Processes that somebody starts next to a running system (`npm run gateway`, `npm run worker -- booking`) each write a file into the data
 * folder, by which the launcher and the commands find them. A killed process leaves its file, so readers check that the process is alive.
 */

/** The content of such a file. */
export interface StartedByHand {
  /** `gateway`, `booking-worker`. */
  readonly name: string
  readonly instance: string
  readonly pid: number
  /** Pid of the launcher whose system it has joined. */
  readonly launcher: number
  /** Its address and the address of its metrics, once it is ready. */
  readonly port?: number
  readonly metrics_url?: string
}

/** The name belongs to a living process. The message names that process and what to do. */
export class NameTakenError extends Error {}

/** All registered processes, including dead ones. */
export function readStartedByHand(directory: string): StartedByHand[] {
  return filesIn(folderOf(directory)).flatMap((file) => readEntry(join(folderOf(directory), file)) ?? [])
}

/** Removes the file of a dead process. */
export function forgetStartedByHand(directory: string, { instance }: Pick<StartedByHand, 'instance'>): void {
  rmSync(fileOf(directory, instance), { force: true })
}

/** The first of `kind-1`, `kind-2`, … that no living process of the running system uses; `kind-1` without a system. */
export function freeInstanceName(kind: string, env: NodeJS.ProcessEnv): string {
  const running = joinedSystem(env)
  if (running === null) return `${kind}-1`
  const living = [...running.processes, ...readStartedByHand(dataDirectory(env))].filter(({ pid }) => isAlive(pid))
  const taken = new Set(living.map(({ instance }) => instance))
  let number = 1
  while (taken.has(`${kind}-${number}`)) number += 1
  return `${kind}-${number}`
}

/** The file of this process. */
export class Registration {
  readonly #directory: string
  #entry: StartedByHand

  private constructor(directory: string, entry: StartedByHand) {
    this.#directory = directory
    this.#entry = entry
  }

  /**
   * Registers this process. Null if no system runs, or the launcher itself started it. Throws `NameTakenError` if a living process has the
   * same name, because their logs and metrics would be mixed.
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
    createEntry(fileOf(directory, instance), entry)
    return new Registration(directory, entry)
  }

  /** The log that `npm run logs` reads. */
  get logFile(): string {
    return join(this.#directory, 'logs', `${this.#entry.instance}.log`)
  }

  /** Records the addresses at which the process can be found. */
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

/** The running system; null without one, and for processes that its launcher started. */
function joinedSystem(env: NodeJS.ProcessEnv) {
  const running = readRunningSystem(env)
  return running === null || running.pid === process.ppid ? null : running
}

function nameTaken({ instance, pid }: Pick<StartedByHand, 'instance' | 'pid'>): NameTakenError {
  return new NameTakenError(`${instance} is already running (process ${pid}). Choose another name with --instance.`)
}

/** Creates a file at once with its whole content, because other processes may read it. Replaces only the file of a dead process. */
function createEntry(file: string, entry: StartedByHand): void {
  const written = `${file}.${entry.pid}`
  writeFileSync(written, JSON.stringify(entry), { mode: 0o600 })
  try {
    if (linkNew(written, file)) return
    const holder = readEntry(file)
    if (holder !== undefined && isAlive(holder.pid)) throw nameTaken(holder)
    rmSync(file, { force: true })
    if (!linkNew(written, file)) throw nameTaken(readEntry(file) ?? entry)
  } finally {
    rmSync(written, { force: true })
  }
}

/** Gives a file a second name; false if that name exists. */
function linkNew(file: string, name: string): boolean {
  try {
    linkSync(file, name)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
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
    // No folder: no process has registered yet.
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
