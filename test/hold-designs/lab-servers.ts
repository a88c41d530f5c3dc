import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installMissing } from '../../infra/servers/install.ts'
import { startPostgres } from '../../infra/servers/postgres.ts'
import { postgresDirectory, postgresOwner } from '../../infra/servers/postgres-owner.ts'
import { startRedis } from '../../infra/servers/redis.ts'
import type { Server } from '../../infra/servers/server.ts'

export interface LabServers {
  readonly postgres: Server
  readonly redis: Server
}

/** Lends a durable PostgreSQL and a Redis of their own to `work`; nothing is left of them afterwards. */
export async function withLabServers<Result>(work: (servers: LabServers) => Promise<Result>): Promise<Result> {
  await installMissing(['postgres', 'redis-server'], console.log)
  const directory = await mkdtemp(join(tmpdir(), 'ticketing-holds-'))
  const servers: Server[] = []
  try {
    // PostgreSQL does not run as root and must be able to enter.
    await chmod(directory, 0o755)
    const postgres = await startPostgres({ dataDirectory: directory, durable: true })
    servers.push(postgres)
    const redis = await startRedis({ dataDirectory: directory })
    servers.push(redis)
    return await work({ postgres, redis })
  } finally {
    for (const server of servers) await server.stop()
    // In a temporary folder that is closed to it, PostgreSQL's data lies elsewhere.
    await rm(await postgresDirectory(directory, await postgresOwner()), { recursive: true, force: true })
    await rm(directory, { recursive: true, force: true })
  }
}
