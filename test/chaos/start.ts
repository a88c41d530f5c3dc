import { cp, glob, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Database } from '#shared/database/postgres.ts'
import { readInfraConfig } from '../../infra/config.ts'
import { installMissing } from '../../infra/system/programs/install.ts'
import { type System, type SystemOptions, startSystem } from '../../infra/system/start-system.ts'
import { openPostgres } from '../support/open-postgres.ts'

/** A whole system that things are done to. */
export interface SystemUnderTest extends System {
  /** Sessions of our own, past the links. */
  readonly db: Database
}

export interface StartOptions extends Pick<SystemOptions, 'servers' | 'counts' | 'environment' | 'links' | 'durable'> {
  readonly stopping: AbortSignal
  say(line: string): void
}

/** Starts everything, or leaves nothing. Throws the `stopping` reason when told to stop meanwhile. */
export async function startSystemUnderTest({ say, environment, ...options }: StartOptions): Promise<SystemUnderTest> {
  await installMissing(['postgres', 'nats-server', 'redis-server'], say)
  const system = await startSystem({
    temporary: { name: 'ticketing-chaos' },
    ...options,
    environment: { ...readInfraConfig().environment, ...environment },
    supervise: { say: () => undefined, onRestart: () => undefined },
    // Told to stop, it waits for nobody.
    hurry: options.stopping,
  })
  const db = openPostgres(system.databaseUrl, { maxConnections: 3 })
  return {
    ...system,
    db,
    async stop() {
      await db.close()
      await system.stop()
    },
  }
}

export const gatewayUrls = (system: System): string[] => system.processes('gateway').map(({ url }) => url)

/** Names of processes and servers that ended although nobody had killed them, once for each time. */
export const crashedIn = (system: System): string[] =>
  [...system.processes(), ...system.servers.list].flatMap(({ name, crashes }) => Array<string>(crashes).fill(name))

/** Every link passes everything and every process runs. */
export async function heal(system: System): Promise<void> {
  for (const link of system.links.values()) link.pass()
  await Promise.all(system.processes().map((process) => process.ready()))
}

/** Puts the logs where they outlive the run. */
export async function keepLogs({ logDirectory, directory }: System, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await cp(logDirectory, folder, { recursive: true })
  for await (const logs of glob(join(directory, '*', 'logs'))) {
    await cp(logs, join(folder, basename(dirname(logs))), { recursive: true })
  }
}
