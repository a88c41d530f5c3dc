import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { RunningSystem } from '#shared/process/config.ts'
import { ExplainedError } from '../../explained-error.ts'
import { keptSecrets, ownerOnly, readJson, writeJson } from '../../kept-file.ts'
import { endProcess, isProcess, type KnownProcess } from '../process-control.ts'
import { pidFileOf } from '../server.ts'
import { newPassword } from '../servers/database-users.ts'
import { type NatsPasswords, newNatsPasswords } from '../servers/nats-users.ts'
import { closeToOthers } from '../servers/postgres-owner.ts'
import { newTicketKey } from '../ticket-key.ts'

export interface RunningProcess {
  readonly name: string
  readonly instance: string
  readonly pid: number
  readonly port?: number
  /** Of a server. */
  readonly version?: string
  /** Its `/metrics`, where that is not the gateway's own port. */
  readonly metrics_url?: string
  /** Script and arguments of an application process. */
  readonly command_line?: string
}

/** The content of `running.json`. */
export interface RunningFile extends RunningSystem {
  readonly started_at: string
  readonly prometheus_url?: string
  readonly processes: readonly RunningProcess[]
}

export type Secrets = ReturnType<typeof secretsIn>

/** The data folder of one launcher at a time. */
export interface DataFolder {
  readonly logDirectory: string
  writeRunning(running: RunningFile): void
  /** Lets the next launcher have it. */
  release(): void
}

/** Longer than an application process takes to finish its requests. */
const leftoverGraceMs = 12_000

/** Ends what a killed launcher left running on the folder. Throws `ExplainedError` when a living launcher has it. */
export async function claimDataFolder(directory: string): Promise<DataFolder> {
  const logDirectory = join(directory, 'logs')
  const claimFile = pidFileOf(directory, 'launcher')
  const runningFile = join(directory, 'running.json')
  try {
    mkdirSync(logDirectory, { recursive: true })
    await closeToOthers(directory)
  } catch (error) {
    const what = `The data folder cannot be made (${(error as Error).message}).`
    throw new ExplainedError(`${what}\nSet DATA_DIR to another folder.`, { cause: error })
  }
  const holder = readJson<KnownProcess>(claimFile)
  const running = readJson<RunningFile>(runningFile)
  if (holder && (await isProcess(holder))) throw alreadyRunning(holder, running)
  rmSync(claimFile, { force: true })
  writeClaim(claimFile, directory)
  if (running) await endLeftovers(running)
  rmSync(runningFile, { force: true })
  return {
    logDirectory,
    writeRunning: (now) => writeJson(runningFile, now),
    release() {
      rmSync(runningFile, { force: true })
      rmSync(claimFile, { force: true })
    },
  }
}

/** Made on the first start and kept. */
export function secretsIn(directory: string) {
  const newSecret = (): string => randomBytes(32).toString('base64url')
  return keptSecrets(join(directory, 'secrets.json'), {
    /** Signs the sessions of the demo. */
    SESSION_SECRET: newSecret(),
    /** Signs places and passes of waiting rooms. */
    WAITING_ROOM_SECRET: newSecret(),
    /** Signs the webhooks of the payment provider. */
    PAYMENT_WEBHOOK_SECRET: newSecret(),
    /** Opens the organiser's routes. */
    ORGANISER_KEY: `org_${newPassword()}`,
    /** Opens the door's routes. */
    DOOR_KEY: `door_${newPassword()}`,
    /** Signs the codes of tickets. */
    TICKET_KEYS: newTicketKey(),
  })
}

/** In a separate file, because no process gets all of them. */
export function natsPasswordsIn(directory: string): NatsPasswords {
  return keptSecrets<NatsPasswords>(join(directory, 'nats-passwords.json'), newNatsPasswords())
}

export function redisPasswordIn(directory: string): string {
  return keptSecrets(join(directory, 'redis-password.json'), { password: newPassword() }).password
}

function writeClaim(file: string, directory: string): void {
  const claim: KnownProcess = { pid: process.pid, commandLinePart: basename(process.argv[1] ?? '') }
  try {
    writeFileSync(file, JSON.stringify(claim), { flag: 'wx', mode: ownerOnly })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const what = `Another start is under way in ${directory}.`
    throw new ExplainedError(`${what}\nWait until it is ready, or set DATA_DIR to another folder.`, { cause: error })
  }
}

function alreadyRunning({ pid }: KnownProcess, running: RunningFile | undefined): ExplainedError {
  const where = running ? `at ${running.gateways.join(', ')}` : 'and starting'
  return new ExplainedError(
    `A system on this data folder is running already ${where} (process ${pid}).\n` +
      `Stop it with Ctrl-C in its terminal or kill ${pid}; or set DATA_DIR to another folder for a second one.`,
  )
}

/** Applications end by themselves when their launcher is gone; those that have not yet would hold the ports. */
async function endLeftovers({ processes }: RunningFile): Promise<void> {
  await Promise.all(
    processes.map(async ({ pid, command_line }) => {
      const isOurs = command_line !== undefined && (await isProcess({ pid, commandLinePart: command_line }))
      if (isOurs) await endProcess({ pid, signal: 'SIGTERM', graceMs: leftoverGraceMs })
    }),
  )
}
