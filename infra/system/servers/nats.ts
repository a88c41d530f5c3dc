import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { projectRoot } from '../../config.ts'
import { requireProgram } from '../programs/program.ts'
import { type Server, type ServerOptions, startServer } from '../server.ts'
import { type NatsPasswords, newNatsPasswords, passwordVariables } from './nats-users.ts'

interface NatsOptions extends ServerOptions {
  /** By default new ones. */
  readonly passwords?: NatsPasswords
}

/**
 * A private NATS server with JetStream, which lets everybody do what `infra/deploy/nats/permissions.conf` says. Its URL has no user,
 * and is refused.
 */
export function startNats({ passwords = newNatsPasswords(), ...options }: NatsOptions): Promise<Server> {
  return startNatsNode({
    ...options,
    configFile: 'nats.conf',
    serverName: `ticketing-${randomUUID()}`,
    environment: passwordVariables(passwords),
  })
}

/** Chosen by the server. */
const anyPort = -1

interface NatsNodeOptions extends ServerOptions {
  /** Of its log and its pid file; default: `nats`. */
  readonly name?: string
  /** In `infra/deploy/nats`, or an absolute path. */
  readonly configFile: string
  readonly serverName: string
  /** What the configuration asks for, beside the folder. */
  readonly environment: Readonly<Record<string, string>>
  readonly monitoringPort?: number
  /** Asked once it lets clients in, which it does when JetStream has recovered. */
  isReady?(): Promise<boolean>
  readonly readyWithinMs?: number
}

/** A server on one of the configurations in `infra/deploy/nats`; its URL has no user. */
export async function startNatsNode(options: NatsNodeOptions): Promise<Server> {
  const { name = 'nats', configFile, serverName, environment, monitoringPort = anyPort } = options
  const { isReady = async () => true, readyWithinMs = 15_000 } = options
  const program = await requireProgram('nats-server')
  const ownDirectory = join(options.dataDirectory, 'nats')
  const storeDirectory = join(ownDirectory, 'jetstream')
  return startServer(
    (port) => ({
      name,
      program,
      ownDirectory,
      async arguments() {
        await mkdir(storeDirectory, { recursive: true })
        return [
          ...['--config', resolve(projectRoot, 'infra', 'deploy', 'nats', configFile), '--name', serverName],
          ...['--addr', '127.0.0.1', '--port', String(port), '--http_port', String(monitoringPort)],
        ]
      },
      // In quotes, because variables are read as configuration is.
      environment: { ...environment, NATS_STORE_DIR: JSON.stringify(storeDirectory) },
      url: `nats://127.0.0.1:${port}`,
      commandLinePart: serverName,
      isReady: async () => (await greeting(port)).includes(serverName) && (await isReady()),
      readyWithinMs,
      stopSignal: 'SIGTERM',
    }),
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
