import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ownerOnly } from '../../kept-file.ts'
import { requireProgram } from '../programs/program.ts'
import { type Server, type ServerOptions, startServer } from '../server.ts'
import { askRedis } from './ask-redis.ts'

export interface RedisOptions extends ServerOptions {
  /** Every client needs it; without it none does, as in tests. */
  readonly password?: string
}

export interface RedisServer {
  /** Tells it from others in the same data folder. */
  readonly name: string
  /** Called for each start. */
  settings(port: number, directory: string): string[] | Promise<string[]>
}

/** A private Redis that keeps what it knows: at most the last second is lost when it is killed, nothing when it is stopped. */
export function startRedis(options: RedisOptions): Promise<Server> {
  return startRedisServer({ name: 'redis', settings: keptOnDisk }, options)
}

/** Arguments of a server that keeps what it knows. */
function keptOnDisk(port: number, directory: string): string[] {
  return [
    ...['--bind', '127.0.0.1', '--port', String(port), '--dir', directory],
    ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''],
    // Queue places must never be evicted to make room for cached replies.
    ...['--maxmemory-policy', 'noeviction'],
  ]
}

/** As `keptOnDisk`, for servers that have replicas or are some. */
export function replicated(port: number, directory: string): string[] {
  return [
    ...keptOnDisk(port, directory),
    // By default a master waits 5 s for further replicas to copy to, and in the end 10 s for late ones.
    ...['--repl-diskless-sync-delay', '0', '--shutdown-timeout', '0'],
  ]
}

/** Whatever redis-server can be: a server, a node of a cluster, a Sentinel. */
export async function startRedisServer({ name, settings }: RedisServer, options: RedisOptions): Promise<Server> {
  const { dataDirectory, password } = options
  const program = await requireProgram('redis-server')
  const directory = join(dataDirectory, name)
  return startServer(
    (port) => ({
      name,
      program,
      ownDirectory: directory,
      async arguments() {
        await mkdir(directory, { recursive: true })
        const passwordFile = password === undefined ? [] : [await writePassword(directory, password)]
        return [...passwordFile, ...(await settings(port, directory))]
      },
      url: `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`,
      // Redis overwrites its command line with this title.
      commandLinePart: `127.0.0.1:${port}`,
      isReady: async (pid) =>
        (await askRedis(port, (redis) => redis.info('server'), password)).includes(`\r\nprocess_id:${pid}\r\n`),
      readyWithinMs: 30_000,
      stopSignal: 'SIGTERM',
    }),
    options,
  )
}

/** In a file, as a command line is shown to everybody. Answers its path. */
async function writePassword(directory: string, password: string): Promise<string> {
  const file = join(directory, 'password.conf')
  await writeFile(file, `requirepass ${password}\n`, { mode: ownerOnly })
  return file
}
