import type { DatabaseUrls } from '../servers/database-users.ts'
import type { NatsUrls } from '../servers/nats-users.ts'
import type { ChildPlan } from './child.ts'
import type { StartFlags } from './flags.ts'

export interface PlanOptions {
  readonly flags: StartFlags
  readonly gatewayPorts: readonly number[]
  readonly paymentPort: number
  /** Of workers and auditor, one each. */
  readonly metricsPorts: readonly number[]
}

const workerKinds = ['event', 'booking', 'purchase'] as const

/** What answers messages: whoever is asked stands before whoever asks, so they are stopped in reverse. */
export function backstagePlans({ flags, paymentPort, metricsPorts }: Omit<PlanOptions, 'gatewayPorts'>): ChildPlan[][] {
  const sandbox: ChildPlan = {
    name: 'payment sandbox',
    instance: 'payment-sandbox-1',
    script: 'infra/payment-sandbox/main.ts',
    args: ['--instance', 'payment-sandbox-1', '--port', String(paymentPort)],
    databaseUser: 'sandbox',
    port: paymentPort,
  }
  const workers = workerKinds.flatMap((kind) =>
    instanceNames(`${kind}-1`, flags.workers).map((instance) => ({
      name: `${kind} worker`,
      instance,
      script: `workers/${kind}/main.ts`,
      natsUser: kind,
      databaseUser: kind,
    })),
  )
  const auditor = {
    name: 'auditor',
    instance: 'auditor-1',
    script: 'infra/audit/main.ts',
    natsUser: 'auditor',
    databaseUser: 'auditor',
  } as const
  const watched = [...workers, auditor].map((plan, index): ChildPlan => {
    // A port that stays the same when the process is started again, so that Prometheus finds it.
    const metricsPort = metricsPorts[index] ?? 0
    return { ...plan, args: ['--instance', plan.instance, '--metrics-port', String(metricsPort)], metricsPort }
  })
  return [[sandbox], watched.slice(0, -1), watched.slice(-1)]
}

/** How many processes have a port for what they count. */
export function metricsPortsNeeded({ workers }: Pick<StartFlags, 'workers'>): number {
  return workerKinds.length * workers + 1
}

/** What answers HTTP. */
export function gatewayPlans({ flags, gatewayPorts }: Pick<PlanOptions, 'flags' | 'gatewayPorts'>): ChildPlan[][] {
  const gateways = instanceNames(flags.instance, gatewayPorts.length).map((instance, index): ChildPlan => {
    const port = gatewayPorts[index] ?? 0
    return {
      name: 'gateway',
      instance,
      script: 'gateway/main.ts',
      args: ['--port', String(port), '--host', flags.host, '--instance', instance],
      natsUser: 'gateway',
      port,
    }
  })
  return [gateways]
}

/** The same plans, each process with the addresses of NATS and PostgreSQL as the user that it is there. */
export function withServerUrls(
  stages: readonly ChildPlan[][],
  { nats, database }: { readonly nats: NatsUrls; readonly database: DatabaseUrls },
): ChildPlan[][] {
  const environmentOf = ({ natsUser, databaseUser }: ChildPlan): Record<string, string> => ({
    ...(natsUser && { NATS_URL: nats[natsUser] }),
    ...(databaseUser && { DATABASE_URL: database[databaseUser] }),
  })
  return stages.map((plans) => plans.map((plan) => ({ ...plan, environment: environmentOf(plan) })))
}

/** `first` and the names that count on from it: `gateway-1`, `gateway-2`; `front`, `front-2`. */
export function instanceNames(first: string, count: number): string[] {
  const [, prefix = first, number = '1'] = /^(.*)-(\d+)$/.exec(first) ?? []
  const following = Array.from({ length: count - 1 }, (_, index) => `${prefix}-${Number(number) + index + 1}`)
  return [first, ...following]
}
