import { rm } from 'node:fs/promises'
import { startNatsCluster } from '../../infra/system/clusters/nats-cluster.ts'
import { startRedisCluster } from '../../infra/system/clusters/redis-cluster.ts'
import type { Server, ServerOptions } from '../../infra/system/server.ts'
import { startNats } from '../../infra/system/servers/nats.ts'
import { type NatsUrls, natsUrls, newNatsPasswords } from '../../infra/system/servers/nats-users.ts'
import { startRedis } from '../../infra/system/servers/redis.ts'
import { createTemporaryFolder } from '../../infra/system/temporary-folder.ts'
import { readTestConfig } from './config.ts'

/** A server, or several that are one to their clients. */
export interface TestServer {
  readonly url: string
  /** Ends it cleanly and removes its data. */
  stop(): Promise<void>
}

export interface TestNats extends TestServer {
  readonly urls: NatsUrls
}

/** One server, to which everything can happen. */
export interface SingleServer extends TestServer {
  /** SIGKILL: it is gone from one moment to the next. `stop` is still needed afterwards. */
  kill(): Promise<void>
  /** It stays and answers nothing, until `thaw`. */
  freeze(): void
  thaw(): void
  /** Starts it again after `kill`, on the same port, with what its disk held or with nothing. */
  restart(options: { withData: boolean }): Promise<void>
}

/** NATS with JetStream for one test file. Its users may do what they may in production; `url` is the operator's. */
export async function startTestNats(): Promise<TestNats> {
  if (readTestConfig().topology === 'single') return startSingleNats()
  const { group, stop } = await startGroup('nats-cluster', (dataDirectory) =>
    startNatsCluster({ dataDirectory, passwords: newNatsPasswords() }),
  )
  return { url: group.urls.operator, urls: group.urls, stop }
}

export async function startSingleNats(): Promise<TestNats & SingleServer> {
  const passwords = newNatsPasswords()
  const server = await startSingle('nats', (options) => startNats({ ...options, passwords }))
  const urls = natsUrls(server.url, passwords)
  return { ...server, url: urls.operator, urls }
}

/** A Redis for one test file. */
export async function startTestRedis(): Promise<TestServer> {
  if (readTestConfig().topology === 'single') return startSingleRedis()
  const { group, stop } = await startTestRedisCluster()
  return { url: group.url, stop }
}

export const startSingleRedis = (): Promise<SingleServer> => startSingle('redis', startRedis)
const startTestRedisCluster = () => startGroup('redis-cluster', (dataDirectory) => startRedisCluster({ dataDirectory }))

/** A new folder that can hold the data of servers; it is removed at the end of the run at the latest. */
export const createTestDirectory = (name: string): Promise<string> =>
  createTemporaryFolder({ name, within: readTestConfig().directory })

async function startGroup<Group extends { stop(): Promise<void> }>(
  name: string,
  start: (directory: string) => Promise<Group>,
): Promise<{ readonly group: Group; stop(): Promise<void> }> {
  const directory = await createTestDirectory(name)
  const group = await start(directory)
  return {
    group,
    async stop() {
      await group.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function startSingle(name: string, start: (options: ServerOptions) => Promise<Server>): Promise<SingleServer> {
  const directory = await createTestDirectory(name)
  const server = await start({ dataDirectory: directory })
  return {
    url: server.url,
    async stop() {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
    kill: () => server.kill(),
    freeze: () => void server.freeze(),
    thaw: () => void server.resume(),
    restart: (options) => server.restart(options),
  }
}
