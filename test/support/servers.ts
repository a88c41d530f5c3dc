import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startNats } from '../../infra/servers/nats.ts'
import { type NatsUrls, natsUrls, newNatsPasswords } from '../../infra/servers/nats-users.ts'
import { startRedis } from '../../infra/servers/redis.ts'
import type { Server, ServerOptions } from '../../infra/servers/server.ts'
import { createTemporaryFolder } from '../../infra/servers/temporary-folder.ts'
import { readTestConfig } from './config.ts'

export interface TestServer {
  readonly url: string
  /** Ends it cleanly and removes its data. */
  stop(): Promise<void>
  /** SIGKILL: it is gone from one moment to the next. `stop` is still needed afterwards. */
  kill(): Promise<void>
  /** It stays and answers nothing, until `thaw`. */
  freeze(): void
  thaw(): void
  /** Starts it again after `kill`, on the same port, with what its disk held or with nothing. */
  restart(options: { withData: boolean }): Promise<void>
}

/** A NATS server whose users may do what they may in production; `url` is the operator's. */
export interface TestNats extends TestServer {
  readonly urls: NatsUrls
}

/** A NATS server with JetStream for one test file. */
export async function startTestNats(): Promise<TestNats> {
  const passwords = newNatsPasswords()
  const server = await startInOwnFolder('nats', (options) => startNats({ ...options, passwords }))
  const urls = natsUrls(server.url, passwords)
  return { ...server, url: urls.operator, urls }
}

/** A Redis for one test file. */
export function startTestRedis(): Promise<TestServer> {
  return startInOwnFolder('redis', startRedis)
}

/** A new folder that can hold the data of servers; it is removed at the end of the run at the latest. */
export function createTestDirectory(name: string): Promise<string> {
  return createTemporaryFolder({ name, within: readTestConfig().directory })
}

async function startInOwnFolder(name: string, start: (options: ServerOptions) => Promise<Server>): Promise<TestServer> {
  const directory = await createTestDirectory(name)
  let server = await start({ dataDirectory: directory })
  return {
    url: server.url,
    async stop() {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
    async kill() {
      process.kill(server.pid, 'SIGKILL')
      await server.exited
    },
    freeze: () => void process.kill(server.pid, 'SIGSTOP'),
    thaw: () => void process.kill(server.pid, 'SIGCONT'),
    async restart({ withData }) {
      if (!withData) await rm(join(directory, name), { recursive: true, force: true })
      server = await start({ dataDirectory: directory, port: server.port })
    },
  }
}
