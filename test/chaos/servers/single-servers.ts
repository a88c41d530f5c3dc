import { join } from 'node:path'
import { startNats } from '../../../infra/system/servers/nats.ts'
import { natsUrls, newNatsPasswords } from '../../../infra/system/servers/nats-users.ts'
import { startPostgres } from '../../../infra/system/servers/postgres.ts'
import { startRedis } from '../../../infra/system/servers/redis.ts'
import type { ServerOptions } from '../../../infra/system/server.ts'
import { natsEnvironment } from '../../support/nats-environment.ts'
import type { Kind } from '../../support/process.ts'
import type { Edge } from '../edges.ts'
import { RestartableServer } from '../restartable-server.ts'
import type { ChaosServers, ServerName } from './chaos-servers.ts'

/** One of each, every way to them through a proxy. */
export class SingleServers implements ChaosServers {
  readonly proxied = ['nats', 'redis', 'postgres'] as const
  readonly #passwords = newNatsPasswords()
  readonly #servers = new Map<ServerName, RestartableServer>()

  static async start(directory: string): Promise<SingleServers> {
    const servers = new SingleServers()
    const plans = {
      nats: (options: ServerOptions) => startNats({ ...options, passwords: servers.#passwords }),
      redis: startRedis,
      postgres: (options: ServerOptions) => startPostgres({ ...options, durable: true }),
    }
    const started = Object.entries(plans).map(async ([name, start]) => {
      const plan = { dataDirectory: directory, ownDirectory: join(directory, name), start }
      servers.#servers.set(name as ServerName, await RestartableServer.start(plan))
    })
    // All of them are known before anything is thrown: those that did start must be stopped.
    const outcomes = await Promise.allSettled(started)
    const failure = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failure === undefined) return servers
    await servers.stop()
    throw failure.reason
  }

  get natsUrl(): string {
    return natsUrls(this.server('nats').url, this.#passwords).operator
  }

  get databaseUrl(): string {
    return this.server('postgres').url
  }

  server(name: ServerName): RestartableServer {
    const server = this.#servers.get(name)
    if (server === undefined) throw new Error(`there is no ${name}`)
    return server
  }

  portOf(name: ServerName): number {
    return this.server(name).port
  }

  urlsFor(kind: Kind, proxyPort: (server: Edge['server']) => number): Record<string, string> {
    return {
      ...natsEnvironment(kind, natsUrls(`nats://127.0.0.1:${proxyPort('nats')}`, this.#passwords)),
      REDIS_URL: `redis://127.0.0.1:${proxyPort('redis')}`,
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.stop()))
  }
}
