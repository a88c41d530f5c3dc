import { join } from 'node:path'
import type { DatabaseUser, NatsUser } from '#shared/process/config.ts'
import { projectRoot } from '../config.ts'
import type { Say } from '../say.ts'
import { Process } from './process.ts'
import type { Supervisor } from './supervisor.ts'

/** What a process is. */
export interface ProcessKind {
  /** For people: `event worker`. */
  readonly title: string
  /** Its instances are called so, with a number behind. */
  readonly instance: string
  /** Path in the project, or an absolute one. */
  readonly script: string
  /** Its NATS user, where it connects there. */
  readonly natsUser?: NatsUser
  /** Its database user, where it connects there. */
  readonly databaseUser?: DatabaseUser
  /** Whether it takes `--port`. */
  readonly listens: boolean
}

/** The processes of the application. A new kind is a line here; it reports `{ready: true}` by `process.send`. */
export const kinds = {
  sandbox: {
    title: 'payment sandbox',
    instance: 'payment-sandbox',
    script: 'infra/ops/payment-sandbox/main.ts',
    databaseUser: 'sandbox',
    listens: true,
  },
  event: worker('event'),
  booking: worker('booking'),
  purchase: worker('purchase'),
  audit: {
    title: 'auditor',
    instance: 'auditor',
    script: 'infra/ops/audit/main.ts',
    natsUser: 'auditor',
    databaseUser: 'auditor',
    listens: false,
  },
  gateway: { title: 'gateway', instance: 'gateway', script: 'gateway/main.ts', natsUser: 'gateway', listens: true },
} satisfies Record<string, ProcessKind>

export type Kind = keyof typeof kinds

export interface ApplicationPlan {
  readonly kind: ProcessKind
  readonly instance: string
  /** All of it: nothing of ours is added. */
  readonly environment: NodeJS.ProcessEnv
  /** For those that listen; by default a free one. It stays the same when the process is started again. */
  readonly port?: number | undefined
  readonly host?: string | undefined
  readonly logDirectory: string
  /** The folder that it runs in; default: the project's. */
  readonly directory?: string | undefined
  readonly echo?: Say | undefined
  readonly supervisor?: Supervisor | undefined
}

/** A busy machine needs it. */
const readyWithinMs = 45_000
/** An application finishes its requests within 10 s of SIGTERM. */
const stopGraceMs = 12_000

/** A process of the application, or of another that is compared with it. */
export class Application extends Process {
  readonly kind: ProcessKind
  readonly commandLine: string
  #url = ''
  #metricsUrl = ''

  constructor(plan: ApplicationPlan) {
    const { kind, instance } = plan
    const args = [kind.script, '--instance', instance]
    super({
      name: instance,
      program: process.execPath,
      arguments: () => [...args, ...this.#portArguments(plan)],
      directory: plan.directory ?? projectRoot,
      environment: plan.environment,
      logFile: join(plan.logDirectory, `${instance}.log`),
      echo: plan.echo,
      readyWithinMs,
      stopSignal: 'SIGTERM',
      stopGraceMs,
      supervisor: plan.supervisor,
    })
    this.kind = kind
    this.commandLine = args.join(' ')
  }

  /** Where it listens; '' for workers and the auditor, and before it was ready. */
  get url(): string {
    return this.#url
  }

  /** Where it shows its metrics; '' for the payment sandbox. */
  get metricsUrl(): string {
    return this.#metricsUrl
  }

  get instance(): string {
    return this.name
  }

  get port(): number {
    return portOf(this.#url)
  }

  override async start(): Promise<void> {
    await super.start()
    this.#url = this.readiness?.url ?? this.#url
    this.#metricsUrl = this.readiness?.metrics_url ?? this.#metricsUrl
  }

  #portArguments({ kind, port = 0, host }: ApplicationPlan): string[] {
    if (kind.listens) return ['--port', String(this.port || port), ...(host === undefined ? [] : ['--host', host])]
    const metricsPort = portOf(this.#metricsUrl)
    return metricsPort === 0 ? [] : ['--metrics-port', String(metricsPort)]
  }
}

/** Starts it and waits until it is ready. Throws `ExplainedError` with its last lines; nothing of it is left then. */
export async function startApplication(plan: ApplicationPlan): Promise<Application> {
  const application = new Application(plan)
  try {
    await application.start()
    return application
  } catch (error) {
    await application.stop()
    throw error
  }
}

/** `first` and the names that count on from it: `gateway-1`, `gateway-2`; `front`, `front-2`. */
export function instanceNames(first: string, count: number): string[] {
  const [, prefix = first, number = '1'] = /^(.*)-(\d+)$/.exec(first) ?? []
  const following = Array.from({ length: count - 1 }, (_, index) => `${prefix}-${Number(number) + index + 1}`)
  return [first, ...following]
}

function worker<Name extends 'event' | 'booking' | 'purchase'>(name: Name) {
  const script = `workers/${name}/main.ts`
  return { title: `${name} worker`, instance: name, script, natsUser: name, databaseUser: name, listens: false }
}

function portOf(url: string): number {
  return url === '' ? 0 : Number(new URL(url).port)
}
