import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import { endLeftover, type Server, startServers } from './server.ts'
import { type NatsServer, startNats } from './servers/nats.ts'
import { type PostgresOptions, startPostgres } from './servers/postgres.ts'
import { startRedis } from './servers/redis.ts'
import { createTemporaryFolder, removeTemporaryFolder } from './temporary-folder.ts'

export type TemporaryKind = keyof ServerOf

export interface TemporaryServersOptions<Kind extends TemporaryKind> {
  /** How the name of their folder begins. */
  readonly name: string
  readonly kinds: readonly Kind[]
  /** Whether PostgreSQL syncs its commits. */
  readonly durable: boolean
}

/** Servers by kind, with a folder that also takes whatever else a run leaves on disk. */
export type TemporaryServers<Kind extends TemporaryKind> = Readonly<Pick<ServerOf, Kind>> & {
  readonly directory: string
  /** Ends them, and those that others started in the folder or up to two folders deep in it, and removes all of it. */
  stop(): Promise<void>
}

interface ServerOf {
  readonly nats: NatsServer
  readonly redis: Server
  readonly postgres: Server
}

const starts: Record<TemporaryKind, (options: PostgresOptions) => Promise<Server>> = {
  nats: startNats,
  redis: startRedis,
  postgres: startPostgres,
}

/** Starts servers of a run's own, which must be installed, at once. When one cannot be started, nothing is left of any. */
export async function startTemporaryServers<Kind extends TemporaryKind>(
  options: TemporaryServersOptions<Kind>,
): Promise<TemporaryServers<Kind>> {
  const { name, kinds, durable } = options
  const directory = await createTemporaryFolder({ name })
  const stop = async (): Promise<void> => {
    for await (const pidFile of glob(join(directory, '{,*/,*/*/}*.pid.json'))) await endLeftover(pidFile)
    await removeTemporaryFolder(directory)
  }
  try {
    const servers = await startServers(kinds.map((kind) => starts[kind]({ dataDirectory: directory, durable })))
    const byKind = Object.fromEntries(servers.map((server, index) => [kinds[index], server]))
    return { ...(byKind as Pick<ServerOf, Kind>), directory, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
