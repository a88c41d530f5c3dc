import { join } from 'node:path'
import { Bus } from '#shared/messaging/bus.ts'
import { readInfraConfig } from '../../config.ts'
import { Applications } from '../../system/launcher/applications.ts'
import { migrateAll } from '../../migrate.ts'
import type { Say } from '../../say.ts'
import { installMissing } from '../../system/programs/install.ts'
import { startTemporaryServers } from '../../system/temporary-servers.ts'

/** An event worker on servers of its own, with the settings of `npm start`. */
export interface SearchSystem {
  readonly databaseUrl: string
  readonly databaseVersion: string
  readonly bus: Bus
  /** Process ids by what they are. */
  readonly pids: ReadonlyMap<string, number>
  stop(): Promise<void>
}

/** Starts it in a temporary folder, which is removed when it stops. */
export async function startSearchSystem({ say, stopping }: { say: Say; stopping: AbortSignal }): Promise<SearchSystem> {
  await installMissing(['postgres', 'nats-server'], say)
  const servers = await startTemporaryServers({ name: 'ticketing-search', kinds: ['nats', 'postgres'], durable: true })
  const { nats, postgres, directory } = servers
  const closers: (() => Promise<void>)[] = [() => servers.stop()]
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close()
  }
  try {
    await migrateAll(postgres.url)
    const applications = new Applications(
      [
        [
          {
            name: 'event worker',
            instance: 'event-1',
            script: 'workers/event/main.ts',
            args: ['--instance', 'event-1'],
            environment: { NATS_URL: nats.urls.event },
          },
        ],
      ],
      {
        environment: {
          ...readInfraConfig().environment,
          DATA_DIR: directory,
          DATABASE_URL: postgres.url,
          OTEL_SDK_DISABLED: 'true',
        },
        logDirectory: join(directory, 'logs'),
        say,
        onRestart: () => undefined,
      },
    )
    closers.push(() => applications.stop(stopping))
    await applications.start(stopping)
    const bus = await Bus.connect({ url: nats.urls.gateway, name: 'search-bench', timeoutMs: 5_000 })
    closers.push(() => bus.close())
    return {
      databaseUrl: postgres.url,
      databaseVersion: postgres.version,
      bus,
      pids: new Map([
        ...applications.processes.map(({ instance, pid }) => [instance, pid] as const),
        ...[nats, postgres].map(({ name, pid }) => [name, pid] as const),
      ]),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
