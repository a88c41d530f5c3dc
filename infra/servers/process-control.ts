import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (error) {
    // It lives, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether that process lives and was started by a command line with `part`: numbers of dead processes are used again. */
export async function isProcess({ pid, part }: { pid: number; part: string }): Promise<boolean> {
  if (!isAlive(pid)) return false
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() =>
    run('ps', ['-o', 'command=', '-p', String(pid)]).then(
      ({ stdout }) => stdout,
      () => '',
    ),
  )
  return commandLine.replaceAll('\0', ' ').includes(part)
}

/** Ended, but not yet collected by its parent; in a container without an init that may be for ever. */
function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

export interface EndOptions {
  readonly pid: number
  /** The polite request; SIGKILL follows when it still lives after `graceMs`, or once `hurry` is aborted. */
  readonly signal: NodeJS.Signals
  readonly graceMs: number
  readonly hurry?: AbortSignal
}

/** Ends a process and waits until it is gone, at most a second longer than `graceMs`. */
export async function endProcess({ pid, signal, graceMs, hurry }: EndOptions): Promise<void> {
  if (!trySignal(pid, signal)) return
  const giveUpAt = performance.now() + graceMs
  while (isAlive(pid) && performance.now() < giveUpAt && !hurry?.aborted) await wait(20)
  if (!isAlive(pid)) return
  trySignal(pid, 'SIGKILL')
  const lostAt = performance.now() + 1_000
  while (isAlive(pid) && performance.now() < lostAt) await wait(20)
}

function trySignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
