import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { requireProgram } from './program.ts'
import { type Server, type ServerOptions, startServer } from './server.ts'

export interface RedisServer {
  /** Tells it from others in the same data folder. */
  readonly name: string
  settings(port: number, directory: string): string[]
}

/** A private Redis that keeps what it knows: at most the last second is lost when it is killed, nothing when it is stopped. */
export function startRedis(options: ServerOptions): Promise<Server> {
  return startRedisServer({ name: 'redis', settings: keptOnDisk }, options)
}

/** Arguments of a server that keeps what it knows. */
export function keptOnDisk(port: number, directory: string): string[] {
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
export async function startRedisServer({ name, settings }: RedisServer, options: ServerOptions): Promise<Server> {
  const program = await requireProgram('redis-server')
  const directory = join(options.dataDirectory, name)
  await mkdir(directory, { recursive: true })
  return startServer(
    {
      name,
      program,
      arguments: (port) => settings(port, directory),
      url: (port) => `redis://127.0.0.1:${port}`,
      // Redis overwrites its command line with this title.
      commandLinePart: (port) => `127.0.0.1:${port}`,
      isReady: async (port, pid) => (await ask(port)).includes(`\r\nprocess_id:${pid}\r\n`),
      readyWithinMs: 30_000,
      stopSignal: 'SIGTERM',
    },
    options,
  )
}

/** Its answer to `INFO server`; while it loads its file, an error `-LOADING`. */
function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1_000 })
    let answer = ''
    socket.setEncoding('utf8')
    socket.once('connect', () => socket.write('INFO server\r\n'))
    socket.on('data', (text: string) => {
      answer += text
      // A Sentinel knows no QUIT.
      if (answer.endsWith('\r\n')) socket.destroy()
    })
    socket.once('timeout', () => socket.destroy(new Error('no answer')))
    socket.once('error', reject)
    socket.once('close', () => resolve(answer))
  })
}
