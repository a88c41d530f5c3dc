import { ExplainedError } from '../../explained-error.ts'
import { findPostgres, majorOf } from '../../system/programs/program.ts'
import type { Server } from '../../system/server.ts'
import { startPostgres } from '../../system/servers/postgres.ts'
import { fitting } from './client-tools.ts'
import { withBackedUp } from './connection.ts'
import { readLastSaleAt } from './contents.ts'
import type { BringBack } from './drill.ts'
import { recover } from './follow/recover.ts'
import { openBackup, restore, type SoundBackup } from './restore.ts'

/** For a drill of a backup: restored into an empty database, and compared with its manifest. */
export function fromBackup(directory: string): BringBack {
  return async ({ directory: place, watch, stopping }) => {
    const backup = await watch.step('compare checksums', () => openBackup(directory))
    const server = await watch.step('start an empty PostgreSQL', () => startServerFor(backup, place))
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

/** For a drill of what `backup -- follow` wrote: a base backup, and the log replayed until `at`; null: all of it. */
export function fromLog(from: string, at: Date | null): BringBack {
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

/** Of the version that was backed up, else of the next newer one. */
async function startServerFor({ manifest }: SoundBackup, dataDirectory: string): Promise<Server> {
  const installed = await findPostgres()
  const program = fitting(majorOf(manifest.serverVersion), installed)
  if (program) return startPostgres({ dataDirectory, durable: true, major: majorOf(program.version) })
  const here = installed.map(({ version }) => version).join(', ') || 'none'
  throw new ExplainedError(
    `The backup is of PostgreSQL ${manifest.serverVersion}; installed here: ${here}.\n` +
      `Install PostgreSQL ${majorOf(manifest.serverVersion)} or newer (PG_BIN names the folder of one elsewhere).`,
  )
}
