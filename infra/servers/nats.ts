import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { projectRoot } from '../config.ts'
import { requireProgram } from './program.ts'
import { type Server, type ServerOptions, startServer } from './server.ts'

/** Layouts and seat states of large houses are replies of several hundred kilobytes; the server's default is 1 MB. */
const maxPayloadBytes = 4 * 1024 * 1024

/** A private NATS server with JetStream. */
export async function startNats(options: ServerOptions): Promise<Server> {
  const program = await requireProgram('nats-server')
  const directory = join(options.dataDirectory, 'nats')
  const configFile = join(directory, 'nats.conf')
  await mkdir(directory, { recursive: true })
  // JSON is valid NATS configuration. max_payload cannot be given on the command line.
  const serverName = `ticketing-${randomUUID()}`
  const config = {
    server_name: serverName,
    max_payload: maxPayloadBytes,
    jetstream: { store_dir: join(directory, 'jetstream') },
  }
  await writeFile(configFile, JSON.stringify(config, null, 2))
  return startServer(
    {
      name: 'nats',
      program,
      arguments: (port) => ['--config', configFile, '--addr', '127.0.0.1', '--port', String(port)],
      url: (port) => `nats://127.0.0.1:${port}`,
      commandLinePart: () => configFile,
      isReady: async (port) => (await greeting(port)).includes(serverName),
      readyWithinMs: 15_000,
      stopSignal: 'SIGTERM',
    },
    options,
  )
}

export interface NatsNodeOptions extends ServerOptions {
  /** In `infra/nats`. */
  readonly configFile: string
  readonly serverName: string
  /** What the configuration asks for, beside the folder. */
  readonly environment: Readonly<Record<string, string>>
  readonly monitoringPort: number
  /** Asked once it lets clients in. */
  isReady(): Promise<boolean>
  readonly readyWithinMs: number
}

/** A server on one of the configurations in `infra/nats`; its URL names nobody. */
export async function startNatsNode(options: NatsNodeOptions): Promise<Server> {
  const { configFile, serverName, environment, monitoringPort, isReady, readyWithinMs } = options
  const program = await requireProgram('nats-server')
  const storeDirectory = join(options.dataDirectory, 'nats', 'jetstream')
  await mkdir(storeDirectory, { recursive: true })
  return startServer(
    {
      name: 'nats',
      program,
      arguments: (port) => [
        ...['--config', join(projectRoot, 'infra', 'nats', configFile), '--name', serverName],
        ...['--addr', '127.0.0.1', '--port', String(port), '--http_port', String(monitoringPort)],
      ],
      // In quotes, because variables are read as configuration is.
      environment: { ...environment, NATS_STORE_DIR: JSON.stringify(storeDirectory) },
      url: (port) => `nats://127.0.0.1:${port}`,
      commandLinePart: () => serverName,
      isReady: async (port) => (await greeting(port)).includes(serverName) && (await isReady()),
      readyWithinMs,
      stopSignal: 'SIGTERM',
    },
    options,
  )
}

/** A NATS server speaks first: `INFO {"server_name": …}`. */
function greeting(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1_000 })
    socket.once('data', (data) => {
      socket.destroy()
      resolve(data.toString('utf8'))
    })
    socket.once('timeout', () => socket.destroy(new Error('no greeting')))
    socket.once('error', reject)
    socket.once('close', () => resolve(''))
  })
}
