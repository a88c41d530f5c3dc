import { installMissing } from '../../infra/system/programs/install.ts'
import { startTemporaryServers, type TemporaryServers } from '../../infra/system/temporary-servers.ts'

export type LabServers = TemporaryServers<'postgres' | 'redis'>

/** Lends a durable PostgreSQL and a Redis of their own to `work`; nothing is left of them afterwards. */
export async function withLabServers<Result>(work: (servers: LabServers) => Promise<Result>): Promise<Result> {
  await installMissing(['postgres', 'redis-server'], console.log)
  const servers = await startTemporaryServers({ name: 'ticketing-holds', kinds: ['postgres', 'redis'], durable: true })
  try {
    return await work(servers)
  } finally {
    await servers.stop()
  }
}
