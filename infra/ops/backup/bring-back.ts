import { majorOf } from '../../system/programs/program.ts'
import { startPostgres } from '../../system/servers/postgres.ts'
import { requireFitting } from './client-tools.ts'
import { withBackedUp } from './connection.ts'
import { readLastSaleAt } from './contents.ts'
import type { BringBack } from './drill.ts'
import { recover } from './follow/recover.ts'
import { openBackup, restore } from './restore.ts'

/** For a drill of a backup: restored into an empty database, and compared with its manifest. */
export function fromBackup(directory: string): BringBack {
  return async ({ directory: place, watch, stopping }) => {
    const backup = await watch.step('compare checksums', () => openBackup(directory))
    const { version } = await requireFitting('postgres', backup.manifest.serverVersion)
    const empty = { dataDirectory: place, durable: true, major: majorOf(version) }
    const server = await watch.step('start an empty PostgreSQL', () => startPostgres(empty))
    try {
      const differences = await restore({ backup, databaseUrl: server.url, watch, stopping })
      const { takenAt, contents } = backup.manifest
      return { server, recoveryPoint: takenAt, lastSaleAt: contents.lastSaleAt, differences }
    } catch (error) {
      await server.stop()
      throw error
    }
  }
}

/** For a drill of a WAL archive: a base backup, and the WAL replayed until `at`; null: all of it. */
export function fromWalArchive(from: string, at: Date | null): BringBack {
  return async ({ directory, watch }) => {
    const { server, ...reached } = await recover({ from, at, directory, watch })
    try {
      return { server, ...reached, lastSaleAt: await withBackedUp(server.url, readLastSaleAt) }
    } catch (error) {
      await server.stop()
      throw error
    }
  }
}
