import { join } from 'node:path'
import { readInfraConfig } from '../../config.ts'
import { Applications } from '../../system/launcher/applications.ts'
import type { ChildPlan } from '../../system/launcher/child.ts'
import { migrateAll } from '../../migrate.ts'
import type { Say } from '../../say.ts'
import { freePorts } from '../../system/free-port.ts'
import { installMissing } from '../../system/programs/install.ts'
import type { NatsUrls } from '../../system/servers/nats-users.ts'
import { startTemporaryServers } from '../../system/temporary-servers.ts'

export const organiserKey = 'org_selling-bench-0123456789'

/** A system of our own: real servers on data of their own, with the settings of `npm start`, and no rate limits. */
export interface SellingSystem {
  /** Of the gateway. */
  readonly url: string
  readonly databaseUrl: string
  /** Process ids by what they are: `gateway-1`, `postgres`. */
  readonly pids: ReadonlyMap<string, number>
  /** What PostgreSQL writes to. */
  readonly databaseLog: string
  /** Leaves the servers alone on the machine. */
  stopApplications(): Promise<void>
  stop(): Promise<void>
}

/** Starts it in a temporary folder, which is removed when it stops. */
export async function startSellingSystem({
  say,
  stopping,
}: {
  say: Say
  stopping: AbortSignal
}): Promise<SellingSystem> {
  await installMissing(['postgres', 'nats-server', 'redis-server'], say)
  const servers = await startTemporaryServers({
    name: 'ticketing-selling',
    kinds: ['nats', 'redis', 'postgres'],
    durable: true,
  })
  const { nats, redis, postgres, directory } = servers
  let applications: Applications | undefined
  const stopApplications = async (): Promise<void> => {
    await applications?.stop(stopping)
    applications = undefined
  }
  const stop = async (): Promise<void> => {
    await stopApplications()
    await servers.stop()
  }
  try {
    await migrateAll(postgres.url)
    const [port = 0, paymentPort = 0] = await freePorts(2)
    applications = new Applications(
      [
        [sandbox(paymentPort)],
        [worker('event', nats.urls), worker('booking', nats.urls), worker('purchase', nats.urls)],
        [gateway(port, nats.urls)],
      ],
      {
        environment: {
          ...readInfraConfig().environment,
          DATA_DIR: directory,
          REDIS_URL: redis.url,
          DATABASE_URL: postgres.url,
          PAYMENT_URL: `http://127.0.0.1:${paymentPort}`,
          PAYMENT_WEBHOOK_URL: `http://127.0.0.1:${port}/webhooks/sandbox`,
          PAYMENT_WEBHOOK_SECRET: 'a secret for load runs that is long enough',
          AUTH: 'demo',
          SESSION_SECRET: 'a secret for load runs that is long enough',
          ORGANISER_KEY: organiserKey,
          RATE_LIMITS: 'off',
          OTEL_SDK_DISABLED: 'true',
        },
        logDirectory: join(directory, 'logs'),
        say,
        onRestart: () => undefined,
      },
    )
    await applications.start(stopping)
    return {
      url: `http://127.0.0.1:${port}`,
      databaseUrl: postgres.url,
      pids: new Map([
        ...applications.processes.map(({ instance, pid }) => [instance, pid] as const),
        ...[nats, redis, postgres].map(({ name, pid }) => [name, pid] as const),
      ]),
      databaseLog: join(directory, 'logs', 'postgres.log'),
      stopApplications,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function sandbox(port: number): ChildPlan {
  const instance = 'payment-sandbox-1'
  return {
    name: 'payment sandbox',
    instance,
    script: 'infra/payment-sandbox/main.ts',
    args: ['--instance', instance, '--port', String(port)],
    port,
  }
}

function worker(kind: 'event' | 'booking' | 'purchase', natsUrls: NatsUrls): ChildPlan {
  const instance = `${kind}-1`
  return {
    name: `${kind} worker`,
    instance,
    script: `workers/${kind}/main.ts`,
    args: ['--instance', instance],
    environment: { NATS_URL: natsUrls[kind] },
  }
}

function gateway(port: number, natsUrls: NatsUrls): ChildPlan {
  return {
    name: 'gateway',
    instance: 'gateway-1',
    script: 'gateway/main.ts',
    args: ['--port', String(port), '--host', '127.0.0.1', '--instance', 'gateway-1'],
    environment: { NATS_URL: natsUrls.gateway },
    port,
  }
}
