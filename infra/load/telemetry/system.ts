import { join } from 'node:path'
import { readInfraConfig } from '../../config.ts'
import { Applications } from '../../system/launcher/applications.ts'
import type { ChildPlan } from '../../system/launcher/child.ts'
import { migrateAll } from '../../migrate.ts'
import type { Say } from '../../say.ts'
import { freePort } from '../../system/free-port.ts'
import { installMissing } from '../../system/programs/install.ts'
import type { NatsUrls } from '../../system/servers/nats-users.ts'
import { startTemporaryServers } from '../../system/temporary-servers.ts'
import { environmentOf, type SpanSinks, type Variant, variants } from './variants.ts'

/** A gateway and an event worker of one variant. */
export interface ObservedSystem {
  readonly url: string
  /** Process ids by what they are. */
  readonly pids: ReadonlyMap<string, number>
  /** By the same names. */
  readonly inspectorPorts: ReadonlyMap<string, number>
}

export interface ObservedSystems {
  readonly of: Readonly<Record<Variant, ObservedSystem>>
  stop(): Promise<void>
}

interface StartOptions {
  readonly sinks: SpanSinks
  readonly say: Say
  readonly stopping: AbortSignal
}

/**
 * Starts one system for each variant, all at once and idle until it is their turn; they share PostgreSQL, but not NATS, whose
 * queue groups would share out their requests.
 */
export async function startObservedSystems({ sinks, say, stopping }: StartOptions): Promise<ObservedSystems> {
  await installMissing(['postgres', 'nats-server', 'redis-server'], say)
  const closers: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close()
  }
  try {
    const shared = await startTemporaryServers({ name: 'ticketing-telemetry', kinds: ['postgres'], durable: true })
    closers.push(() => shared.stop())
    await migrateAll(shared.postgres.url)
    const systems: [Variant, ObservedSystem][] = []
    for (const variant of variants) {
      const own = await startTemporaryServers({ name: 'ticketing-telemetry', kinds: ['nats', 'redis'], durable: true })
      closers.push(() => own.stop())
      const port = await freePort()
      const environment = {
        ...readInfraConfig().environment,
        DATA_DIR: own.directory,
        REDIS_URL: own.redis.url,
        DATABASE_URL: shared.postgres.url,
        AUTH: 'demo',
        SESSION_SECRET: 'a secret for load runs that is long enough',
        RATE_LIMITS: 'off',
        ...environmentOf(variant, sinks),
      }
      const pids = new Map<string, number>()
      const inspectorPorts = new Map<string, number>()
      for (const plan of plans(port, own.nats.urls)) {
        const inspectorPort = await freePort()
        const application = new Applications([[plan]], {
          environment: { ...environment, NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}` },
          logDirectory: join(own.directory, 'logs'),
          say,
          onRestart: () => undefined,
        })
        closers.push(() => application.stop(stopping))
        await application.start(stopping)
        pids.set(plan.instance, application.processes[0]?.pid ?? 0)
        inspectorPorts.set(plan.instance, inspectorPort)
      }
      systems.push([variant, { url: `http://127.0.0.1:${port}`, pids, inspectorPorts }])
    }
    return { of: Object.fromEntries(systems) as Record<Variant, ObservedSystem>, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function plans(port: number, natsUrls: NatsUrls): ChildPlan[] {
  return [
    {
      name: 'event worker',
      instance: 'event-1',
      script: 'workers/event/main.ts',
      args: ['--instance', 'event-1'],
      environment: { NATS_URL: natsUrls.event },
    },
    {
      name: 'gateway',
      instance: 'gateway-1',
      script: 'gateway/main.ts',
      args: ['--port', String(port), '--host', '127.0.0.1', '--instance', 'gateway-1'],
      environment: { NATS_URL: natsUrls.gateway },
      port,
    },
  ]
}
