import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { lastLines, openLog } from '#shared/observability/log-file.ts'
import { ExplainedError } from '../../explained-error.ts'
import { endProcess } from '../../system/process-control.ts'

export interface ProcessPlan {
  readonly instance: string
  readonly script: string
  readonly args?: readonly string[]
  readonly environment: NodeJS.ProcessEnv
  /** The folder that it runs in. */
  readonly directory: string
  readonly logDirectory: string
}

export interface RunningNode {
  readonly instance: string
  readonly pid: number
  /** Where it answers HTTP; '' when it does not. */
  readonly url: string
  stop(): Promise<void>
}

const readyWithinMs = 30_000
const stopGraceMs = 12_000

/**
 * Starts a script with this Node and waits until it says that it is ready. What it prints goes straight into a file: through
 * this process, as under the launcher, it would cost the load generator time.
 */
export async function startProcess(plan: ProcessPlan): Promise<RunningNode> {
  const { instance, script, args = [], environment, directory, logDirectory } = plan
  await mkdir(logDirectory, { recursive: true })
  const logFile = join(logDirectory, `${instance}.log`)
  const log = openLog(logFile)
  const child = spawn(process.execPath, [script, ...args], {
    cwd: directory,
    env: environment,
    // Its own session: Ctrl-C in the terminal reaches the benchmark alone, which stops everything in order.
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()))
  const stop = async (): Promise<void> => {
    if (child.pid === undefined) return
    if (child.exitCode === null && child.signalCode === null) {
      await endProcess({ pid: child.pid, signal: 'SIGTERM', graceMs: stopGraceMs })
    }
    await ended
  }
  const url = await readyUrl(child)
  if (url !== null && child.pid !== undefined) return { instance, pid: child.pid, url, stop }
  await stop()
  throw new ExplainedError(`${instance} did not start. Its last lines:\n${lastLines(logFile, { count: 15, since: 0 })}`)
}

/** `null` when it ended, or was not ready in time. */
function readyUrl(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    const tooLate = setTimeout(() => resolve(null), readyWithinMs)
    const settle = (url: string | null): void => {
      clearTimeout(tooLate)
      resolve(url)
    }
    child.on('message', (message) => {
      const { ready, url = '' } = message as { ready?: boolean; url?: string }
      if (ready) settle(url)
    })
    child.once('exit', () => settle(null))
    child.once('error', () => settle(null))
  })
}
