import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { requireProgram } from './program.ts'
import { type Server, type ServerOptions, startServer } from './server.ts'

/** A private Redis that keeps what it knows: at most the last second is lost when it is killed, nothing when it is stopped. */
export async function startRedis(options: ServerOptions): Promise<Server> {
  const program = await requireProgram('redis-server')
  const directory = join(options.dataDirectory, 'redis')
  await mkdir(directory, { recursive: true })
  return startServer(
    {
      name: 'redis',
      program,
      arguments: (port) => [
        ...['--bind', '127.0.0.1', '--port', String(port), '--dir', directory],
        ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''],
        // Queue places must never be evicted to make room for cached replies.
        ...['--maxmemory-policy', 'noeviction'],
      ],
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
    socket.once('connect', () => socket.write('INFO server\r\nQUIT\r\n'))
    socket.on('data', (text: string) => {
      answer += text
    })
    socket.once('timeout', () => socket.destroy(new Error('no answer')))
    socket.once('error', reject)
    socket.once('close', () => resolve(answer))
  })
}
