import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { RunningSystem } from '#shared/process/config.ts'
import { ExplainedError } from '../../explained-error.ts'
import { keptSecrets, ownerOnly, readJson, writeJson } from '../../kept-file.ts'
import { endProcess, isProcess } from '../process-control.ts'
import { newPassword } from '../servers/database-users.ts'
import { type NatsPasswords, newNatsPasswords } from '../servers/nats-users.ts'
import { closeToOthers } from '../servers/postgres-owner.ts'
import { newTicketKey } from '../ticket-key.ts'

export interface RunningProcess {
  readonly name: string
  readonly instance: string
  readonly pid: number
  readonly port?: number
  /** Where it tells what it counts, where that is not the gateway's own port. */
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

export type Secrets = ReturnType<DataFolder['secrets']>

interface Claim {
  readonly pid: number
  readonly commandLinePart: string
}

/** Longer than an application process takes to finish its requests. */
const leftoverGraceMs = 12_000

/**
 * The data folder of one launcher at a time. Claiming it ends what a killed launcher left running there; `release` gives
 * it back. Throws `ExplainedError` when a living launcher has it.
 */
export class DataFolder {
  readonly directory: string
  readonly logDirectory: string
  readonly #claimFile: string
  readonly #runningFile: string

  private constructor(directory: string) {
    this.directory = directory
    this.logDirectory = join(directory, 'logs')
    this.#claimFile = join(directory, 'launcher.pid.json')
    this.#runningFile = join(directory, 'running.json')
  }

  static async claim(directory: string): Promise<DataFolder> {
    const folder = new DataFolder(directory)
    try {
      mkdirSync(folder.logDirectory, { recursive: true })
      await closeToOthers(directory)
    } catch (error) {
      const what = `The data folder cannot be made (${(error as Error).message}).`
      throw new ExplainedError(`${what}\nSet DATA_DIR to another folder.`, { cause: error })
    }
    const holder = readJson<Claim>(folder.#claimFile)
    const running = readJson<RunningFile>(folder.#runningFile)
    if (holder && (await isProcess({ pid: holder.pid, part: holder.commandLinePart }))) {
      throw alreadyRunning(holder, running)
    }
    rmSync(folder.#claimFile, { force: true })
    folder.#writeClaim()
    if (running) await endLeftovers(running)
    rmSync(folder.#runningFile, { force: true })
    return folder
  }

  /** Made on the first start and kept. */
  secrets() {
    const newSecret = (): string => randomBytes(32).toString('base64url')
    return keptSecrets(join(this.directory, 'secrets.json'), {
      /** Signs the sessions of the demo. */
      SESSION_SECRET: newSecret(),
      /** Signs places and passes of waiting rooms. */
      WAITING_ROOM_SECRET: newSecret(),
      /** Signs what the payment provider tells by itself. */
      PAYMENT_WEBHOOK_SECRET: newSecret(),
      /** Opens the organiser's routes. */
      ORGANISER_KEY: `org_${newPassword()}`,
      /** Signs the codes of tickets. */
      TICKET_KEYS: newTicketKey(),
    })
  }

  /** In a file of their own, because no process is given all of them. */
  natsPasswords(): NatsPasswords {
    return keptSecrets<NatsPasswords>(join(this.directory, 'nats-passwords.json'), newNatsPasswords())
  }

  redisPassword(): string {
    return keptSecrets(join(this.directory, 'redis-password.json'), { password: newPassword() }).password
  }

  writeRunning(running: RunningFile): void {
    writeJson(this.#runningFile, running)
  }

  release(): void {
    rmSync(this.#runningFile, { force: true })
    rmSync(this.#claimFile, { force: true })
  }

  #writeClaim(): void {
    const claim: Claim = { pid: process.pid, commandLinePart: basename(process.argv[1] ?? '') }
    try {
      writeFileSync(this.#claimFile, JSON.stringify(claim), { flag: 'wx', mode: ownerOnly })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const what = `Another start is under way in ${this.directory}.`
      throw new ExplainedError(`${what}\nWait until it is ready, or set DATA_DIR to another folder.`, { cause: error })
    }
  }
}

function alreadyRunning({ pid }: Claim, running: RunningFile | undefined): ExplainedError {
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
      const isOurs = command_line !== undefined && (await isProcess({ pid, part: command_line }))
      if (isOurs) await endProcess({ pid, signal: 'SIGTERM', graceMs: leftoverGraceMs })
    }),
  )
}
