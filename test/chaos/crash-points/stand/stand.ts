import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Postgres } from '#shared/database/postgres.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { projectRoot, readInfraConfig } from '../../../../infra/config.ts'
import { startNats } from '../../../../infra/system/servers/nats.ts'
import { natsUrls, newNatsPasswords } from '../../../../infra/system/servers/nats-users.ts'
import type { Server } from '../../../../infra/system/server.ts'
import { allowCancelling } from '../../../support/allow-cancelling.ts'
import { eventOnSale } from '../../../support/http.ts'
import { natsEnvironment } from '../../../support/nats-environment.ts'
import { openPostgres } from '../../../support/open-postgres.ts'
import type { Kind } from '../../../support/process.ts'
import { organiserKey } from '../../../support/system.ts'
import type { CrashMoment } from './crash.ts'
import type { HttpTap } from './http-tap.ts'
import { type LineName, Lines, type MortalKind } from './lines.ts'
import { MortalProcess } from './mortal-process.ts'

export interface StandOptions {
  readonly name: string
  /** Migrated and empty, its own. */
  readonly databaseUrl: string
  readonly redisUrl: string
  /** For its servers' data and the logs. */
  readonly directory: string
  /** How long holds last. */
  readonly holdTtlMs: number
  /** Ends everything at once, and makes whatever waits give up. */
  readonly stopping: AbortSignal
}

export interface OpenEvent {
  readonly eventId: string
  readonly priceMinor: number
}

export interface DeadProcess {
  readonly kind: MortalKind
  readonly pid: number
}

interface Parts {
  readonly nats: Server
  readonly bus: Bus
  readonly lines: Lines
  readonly processes: ReadonlyMap<Kind, MortalProcess>
}

const kinds: readonly Kind[] = ['sandbox', 'booking', 'purchase', 'event', 'gateway']

/**
 * A whole system for itself: gateway, workers and payment sandbox as processes, one of each. The lines on which they can be
 * caught lead through taps. Callbacks are not sent: whatever was interrupted must be found out without being told.
 */
export class Stand {
  readonly databaseUrl: string
  /** A session of our own. */
  readonly db: Postgres
  readonly stopping: AbortSignal
  /** What audits have found so far: it is told of the story that broke it, and not of the next ones. */
  readonly violations = new Set<string>()
  readonly #parts: Parts
  #stopped: Promise<void> | undefined
  #events = 0

  private constructor({ databaseUrl, stopping }: StandOptions, parts: Parts) {
    this.databaseUrl = databaseUrl
    this.stopping = stopping
    this.#parts = parts
    this.db = openPostgres(databaseUrl, { maxConnections: 3 })
    stopping.addEventListener('abort', () => void this.stop())
  }

  /** Starts everything; resolves when all processes are ready. Takes back what it had started when one is not. */
  static async start(options: StandOptions): Promise<Stand> {
    const directory = join(options.directory, options.name)
    await mkdir(directory, { recursive: true })
    const passwords = newNatsPasswords()
    const nats = await startNats({ dataDirectory: directory, passwords })
    const bus = await Bus.connect({ url: nats.urls.operator, name: 'crash points', timeoutMs: 5_000 })
    const processes = new Map<Kind, MortalProcess>()
    const lines = await Lines.start({ natsPort: nats.port, sandboxUrl: () => processes.get('sandbox')?.url ?? '' })
    for (const kind of kinds) {
      const log = createWriteStream(join(directory, `${kind}.log`))
      const env = { ...environment(options), PAYMENT_URL: lines.provider.url }
      const urls = natsUrls(lines.natsUrlFor(kind) ?? nats.url, passwords)
      const onOutput = (text: string): void => void log.write(text)
      processes.set(kind, new MortalProcess({ kind, env: { ...env, ...natsEnvironment(kind, urls) }, onOutput }))
    }
    const stand = new Stand(options, { nats, bus, lines, processes })
    try {
      options.stopping.throwIfAborted()
      await Promise.all([...processes.values()].map((each) => each.ready()))
      return stand
    } catch (error) {
      await stand.stop()
      throw error
    }
  }

  /** Base URL of the gateway. */
  get url(): string {
    return this.process('gateway').url
  }

  /** Base URL of the payment sandbox, past the tap. */
  get paymentUrl(): string {
    return this.process('sandbox').url
  }

  /** A connection of our own, past the taps. */
  get bus(): Bus {
    return this.#parts.bus
  }

  /** The purchase worker's line to the payment sandbox. */
  get provider(): HttpTap {
    return this.#parts.lines.provider
  }

  process(kind: Kind): MortalProcess {
    const found = this.#parts.processes.get(kind)
    if (found === undefined) throw new Error(`no ${kind} runs here`)
    return found
  }

  /**
   * The process at the beginning of that line will die at that moment. Once armed, answers a promise of who died, which
   * resolves when it is gone and rejects when everything is stopped.
   */
  async crash(line: LineName, moment: CrashMoment): Promise<{ readonly died: Promise<DeadProcess> }> {
    const { tap, kind } = this.#parts.lines.of(line)
    const process = this.process(kind)
    const pid = await process.ready()
    const { promise, resolve, reject } = Promise.withResolvers<DeadProcess>()
    const onStop = (): void => reject(this.stopping.reason)
    this.stopping.addEventListener('abort', onStop)
    // It may be stopped while nobody waits for it yet.
    promise.catch(() => undefined).finally(() => this.stopping.removeEventListener('abort', onStop))
    tap.crashAt({ ...moment, kill: () => process.kill().then(() => resolve({ kind, pid }), reject) })
    return { died: promise }
  }

  /** An event of its own for one story: three seats, which can be given back until tomorrow. */
  async openEvent(): Promise<OpenEvent> {
    this.#events += 1
    const priceMinor = 4_000 + this.#events
    const name = `Crash night ${this.#events}`
    const eventId = await eventOnSale(this.url, { rows: 1, seatsPerRow: 3, priceMinor, name })
    await allowCancelling(this.bus, eventId)
    return { eventId, priceMinor }
  }

  /** Ends everything at once; may be called again. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll()
    return this.#stopped
  }

  async #stopAll(): Promise<void> {
    const { nats, bus, lines, processes } = this.#parts
    await Promise.all([...processes.values()].map((each) => each.end()))
    await lines.close()
    await bus.close().catch(() => undefined)
    await this.db.close()
    await nats.stop()
  }
}

/** What every process of a stand is told. */
function environment({ databaseUrl, redisUrl, directory, holdTtlMs }: StandOptions): NodeJS.ProcessEnv {
  return {
    ...readInfraConfig().environment,
    NODE_COMPILE_CACHE: join(projectRoot, 'node_modules', '.cache', 'compile'),
    DATA_DIR: join(directory, 'absent'),
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    AUTH: 'demo',
    SESSION_SECRET: 'a secret for crash points that is long enough',
    ORGANISER_KEY: organiserKey,
    OTEL_SDK_DISABLED: 'true',
    RATE_LIMITS: 'off',
    HOLD_TTL_MS: String(holdTtlMs),
    // Shorter than usual, so that what was interrupted is taken up within seconds.
    PAYMENT_WINDOW_MS: '1000',
    PROVIDER_TIMEOUT_MS: '1500',
  }
}
