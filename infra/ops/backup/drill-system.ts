import type { InfraConfig } from '../../config.ts'
import type { Say } from '../../say.ts'
import { sameDatabaseUrl } from '../../system/servers/database-users.ts'
import { type System, startSystem } from '../../system/start-system.ts'
import { temporarySettings } from '../../system/temporary-settings.ts'
import { withBackedUp } from './connection.ts'

interface DrillSystemOptions {
  readonly config: InfraConfig
  /** For the system's own files. */
  readonly directory: string
  readonly databaseUrl: string
  readonly say: Say
  readonly stopping: AbortSignal
  readonly hurry: AbortSignal
}

/**
 * A whole system on the restored database, with an empty NATS and an empty Redis. Its workers end the holds, payments and facts that were in
 * progress in the backup. It must reach nobody outside, whatever the environment and the restored data name: no other NATS, where it would
 * answer buyers, and no other gateway, which would get its webhooks.
 */
export async function startDrillSystem(options: DrillSystemOptions): Promise<System> {
  const { config, directory, databaseUrl, say, stopping, hurry } = options
  await withBackedUp(databaseUrl, (client) => client.query('DELETE FROM sandbox.webhook_endpoint'))
  return startSystem({
    servers: 'single',
    counts: { audit: 1 },
    environment: { PATH: config.environment.PATH, ...temporarySettings, LOG_LEVEL: 'error' },
    given: { database: { url: databaseUrl, urls: sameDatabaseUrl(databaseUrl) } },
    // The backup may be of an earlier version.
    onMigrated: (names) => {
      if (names.length > 0) say(`Migrated the database: ${names.join(', ')}.`)
    },
    directory,
    supervise: { say, onRestart: () => undefined },
    echo: say,
    stopping,
    hurry,
  })
}
