import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { isAlive } from '#shared/process/config.ts'
import { until } from '../until.ts'

const run = promisify(execFile)

/** A process id, and a part of the command line it was started by: the ids of dead processes are used again. */
export interface KnownProcess {
  readonly pid: number
  readonly commandLinePart: string
}

/** Whether it still lives. */
export async function isProcess({ pid, commandLinePart }: KnownProcess): Promise<boolean> {
  if (!isAlive(pid)) return false
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() =>
    run('ps', ['-o', 'command=', '-p', String(pid)]).then(
      ({ stdout }) => stdout,
      () => '',
    ),
  )
  return commandLine.replaceAll('\0', ' ').includes(commandLinePart)
}

interface EndOptions {
  readonly pid: number
  /** The polite request; SIGKILL follows when it still lives after `graceMs`, or once `hurry` is aborted. */
  readonly signal: NodeJS.Signals
  readonly graceMs: number
  readonly hurry?: AbortSignal
}

/** Ends a process and waits until it is gone, at most a second longer than `graceMs`. */
export async function endProcess({ pid, signal, graceMs, hurry }: EndOptions): Promise<void> {
  if (!trySignal(pid, signal)) return
  const isGone = (): boolean => !isAlive(pid)
  const patience = { timeoutMs: graceMs, everyMs: 20, ...(hurry && { stopping: hurry }) }
  await until('it has ended', isGone, patience).catch(() => trySignal(pid, 'SIGKILL'))
  await until('it is gone', isGone, { timeoutMs: 1_000, everyMs: 20 }).catch(() => undefined)
}

/** A process and everything it started, itself first. */
export async function withChildren(pid: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid='], { timeout: 5_000 })
  const children = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child ?? 0)
  return [pid, ...children]
}

/** Whether it was there to be sent the signal. */
export function trySignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
