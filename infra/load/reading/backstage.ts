import { join } from 'node:path'
import { Bus } from '#shared/messaging/bus.ts'
import { projectRoot, readInfraConfig } from '../../config.ts'
import { fillDemoCatalogue } from '../../demo-catalogue.ts'
import { migrateAll } from '../../migrate.ts'
import type { Say } from '../../say.ts'
import { freePorts } from '../../system/free-port.ts'
import { installMissing } from '../../system/programs/install.ts'
import { startTemporaryServers } from '../../system/temporary-servers.ts'
import { organiserKey } from '../selling/system.ts'
import { type ProcessPlan, type RunningNode, startProcess } from './start-process.ts'

/** What all systems stand in front of: servers, our workers, the payment sandbox. */
export interface Backstage {
  readonly directory: string
  /** For a process of ours, or of those that are compared with it; NATS knows all of them as the gateway. */
  readonly environment: NodeJS.ProcessEnv
  readonly redisPort: number
  readonly bus: Bus
  /** Process ids by what they are. */
  readonly pids: ReadonlyMap<string, number>
  /** Where webhooks and organisers go, whoever is measured: a gateway of ours that is none of them. */
  readonly otherGatewayUrl: string
  /** Aborted when everything is to stop. */
  readonly stopping: AbortSignal
  start(plan: Pick<ProcessPlan, 'instance' | 'script'> & Partial<ProcessPlan>): Promise<RunningNode>
  stop(): Promise<void>
}

const workerKinds = ['event', 'booking', 'purchase'] as const

/** Starts it in a temporary folder, which is removed when it stops. */
export async function startBackstage({ say, stopping }: { say: Say; stopping: AbortSignal }): Promise<Backstage> {
  await installMissing(['postgres', 'nats-server', 'redis-server', 'nginx'], say)
  const servers = await startTemporaryServers({
    name: 'ticketing-reading',
    kinds: ['nats', 'redis', 'postgres'],
    durable: true,
  })
  const { nats, redis, postgres, directory } = servers
  const closers: (() => Promise<void>)[] = [() => servers.stop()]
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close()
  }
  try {
    await migrateAll(postgres.url)
    const [paymentPort, otherPort] = await freePorts(2)
    const otherGatewayUrl = `http://127.0.0.1:${otherPort}`
    // What is not said here is as in production: one trace in a hundred, sent to where nobody listens, and logs from `info` on.
    const environment: NodeJS.ProcessEnv = {
      ...readInfraConfig().environment,
      NODE_ENV: 'production',
      NODE_COMPILE_CACHE: join(readInfraConfig().dataDirectory, 'compile-cache'),
      DATA_DIR: directory,
      NATS_URL: nats.urls.gateway,
      REDIS_URL: redis.url,
      DATABASE_URL: postgres.url,
      PAYMENT_URL: `http://127.0.0.1:${paymentPort}`,
      PAYMENT_WEBHOOK_URL: `${otherGatewayUrl}/webhooks/sandbox`,
      PAYMENT_WEBHOOK_SECRET: 'a secret for load runs that is long enough',
      // Buyers say who they are; the sessions of production would have to be issued by somebody else.
      AUTH: 'demo',
      FORCE_DEMO: '1',
      SESSION_SECRET: 'a secret for load runs that is long enough',
      ORGANISER_KEY: organiserKey,
    }
    const start: Backstage['start'] = async (plan) => {
      stopping.throwIfAborted()
      const node = await startProcess({
        directory: projectRoot,
        logDirectory: join(directory, 'logs'),
        ...plan,
        environment: { ...environment, ...plan.environment },
      })
      closers.push(() => node.stop())
      return node
    }
    const nodes = [
      await start({
        instance: 'payment-sandbox-1',
        script: 'infra/payment-sandbox/main.ts',
        args: ['--instance', 'payment-sandbox-1', '--port', String(paymentPort)],
      }),
      ...(await Promise.all(
        workerKinds.map((kind) =>
          start({
            instance: `${kind}-1`,
            script: `workers/${kind}/main.ts`,
            args: ['--instance', `${kind}-1`],
            environment: { NATS_URL: nats.urls[kind] },
          }),
        ),
      )),
      await start({
        instance: 'gateway-2',
        script: 'gateway/main.ts',
        args: ['--instance', 'gateway-2', '--port', String(otherPort)],
        environment: { RATE_LIMITS: 'off' },
      }),
    ]
    const bus = await Bus.connect({ url: nats.urls.operator, name: 'bench', timeoutMs: 5_000 })
    closers.push(() => bus.close())
    await fillDemoCatalogue({ bus, say: () => undefined, now: new Date() })
    return {
      directory,
      environment,
      redisPort: redis.port,
      bus,
      pids: new Map([
        ...nodes.map(({ instance, pid }) => [instance, pid] as const),
        ...[nats, redis, postgres].map(({ name, pid }) => [name, pid] as const),
      ]),
      otherGatewayUrl,
      stopping,
      start,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
