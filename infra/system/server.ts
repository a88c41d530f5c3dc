import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { lastLines, openLog, sizeOf } from '#shared/observability/log-file.ts'
import { ExplainedError } from '../explained-error.ts'
import { freePort } from './free-port.ts'
import { endProcess, isProcess } from './process-control.ts'
import type { Program } from './programs/program.ts'

/** A private server on 127.0.0.1 that is ready for connections. */
export interface Server {
  readonly name: string
  readonly url: string
  readonly port: number
  readonly version: string
  readonly pid: number
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<Ending>
  /** Ends it cleanly and waits for that. */
  stop(): Promise<void>
}

/** Exit code or signal. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ServerOptions {
  /** Holds the server's folder and `logs/`. Two servers of a kind need two. */
  readonly dataDirectory: string
  /** Where it listened before, for a restart that its clients should find again; else a free one. */
  readonly port?: number
}

export interface ServerPlan {
  readonly name: string
  readonly program: Program
  arguments(port: number): string[]
  url(port: number): string
  /** Shows up in the command line of this very server and no other. */
  commandLinePart(port: number): string
  /**
   * Whether it answers, and not another server that got hold of the port before it; a throw counts as not yet.
   */
  isReady(port: number, pid: number): Promise<boolean>
  readonly readyWithinMs: number
  readonly stopSignal: NodeJS.Signals
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
  /** What it reads from its environment, such as secrets, which a command line would show to everybody. */
  readonly environment?: Readonly<Record<string, string>>
}

interface PidFile {
  pid: number
  commandLinePart: string
}

const stopGraceMs = 10_000
const portAttempts = 5
const shownLines = 15

/** Starts a server, ending one that a killed launcher left on the same data. Throws `ExplainedError` with its last lines. */
export async function startServer(plan: ServerPlan, { dataDirectory, port }: ServerOptions): Promise<Server> {
  await mkdir(join(dataDirectory, 'logs'), { recursive: true })
  await endLeftover(pidFileOf(dataDirectory, plan.name))
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOn(port ?? (await freePort()), plan, dataDirectory)
    } catch (error) {
      const mayTryAnother = port === undefined && attempt < portAttempts
      if (!(mayTryAnother && /address already in use/i.test(String(error)))) throw error
    }
  }
}

/** Ends the server that a pid file names, when it still runs. */
export async function endLeftover(pidFile: string): Promise<void> {
  const left = readPidFile(pidFile)
  if (left && (await isProcess({ pid: left.pid, part: left.commandLinePart }))) {
    // SIGINT is the fast but clean shutdown of PostgreSQL and a plain one of all others.
    await endProcess({ pid: left.pid, signal: 'SIGINT', graceMs: stopGraceMs })
  }
  rmSync(pidFile, { force: true })
}

/** Names the process that uses the data, while one does. */
export function pidFileOf(dataDirectory: string, name: string): string {
  return join(dataDirectory, `${name}.pid.json`)
}

async function startOn(port: number, plan: ServerPlan, dataDirectory: string): Promise<Server> {
  const { name, program } = plan
  const logFile = join(dataDirectory, 'logs', `${name}.log`)
  const log = openLog(logFile)
  const logStart = sizeOf(logFile)
  // Its own session: Ctrl-C in the terminal must not end it before the processes that use it.
  const child = spawn(program.path, plan.arguments(port), {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...program.environment, ...plan.environment },
    ...plan.user,
  })
  closeSync(log)
  const exited = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', () => resolve({ code: null, signal: null }))
  })
  const pid = child.pid
  if (pid === undefined) throw new ExplainedError(`${program.path} could not be started.`)
  const pidFile = pidFileOf(dataDirectory, name)
  const left: PidFile = { pid, commandLinePart: plan.commandLinePart(port) }
  writeFileSync(pidFile, JSON.stringify(left))
  const stop = async (): Promise<void> => {
    if (!hasEnded(child)) await endProcess({ pid, signal: plan.stopSignal, graceMs: stopGraceMs })
    await exited
    rmSync(pidFile, { force: true })
  }
  if (await becomesReady(plan, { port, pid, child })) {
    return { name, url: plan.url(port), port, version: program.version, pid, exited, stop }
  }
  const what = hasEnded(child) ? 'ended at once' : `did not answer within ${plan.readyWithinMs / 1000} s`
  await stop()
  const lines = lastLines(logFile, { count: shownLines, since: logStart })
  throw new ExplainedError(`${name} ${program.version} ${what}. Its last lines (${logFile}):\n${lines}`)
}

async function becomesReady(
  plan: ServerPlan,
  { port, pid, child }: { port: number; pid: number; child: ChildProcess },
): Promise<boolean> {
  const giveUpAt = performance.now() + plan.readyWithinMs
  while (performance.now() < giveUpAt && !hasEnded(child)) {
    if (await plan.isReady(port, pid).catch(() => false)) return true
    await wait(20)
  }
  return false
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

function readPidFile(file: string): PidFile | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PidFile
  } catch {
    return undefined
  }
}
