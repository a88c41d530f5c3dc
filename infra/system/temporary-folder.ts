import { glob, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endLeftover } from './server.ts'
import { closeToOthers, postgresDirectory, postgresOwner } from './servers/postgres-owner.ts'

export interface TemporaryFolderOptions {
  /** How its name begins. */
  readonly name: string
  /** By default the system's folder for temporary files. */
  readonly within?: string
}

/** Makes a new folder that can hold the data of servers, and answers its path. */
export async function createTemporaryFolder({ name, within = tmpdir() }: TemporaryFolderOptions): Promise<string> {
  const directory = await mkdtemp(join(within, `${name}-`))
  await closeToOthers(directory)
  return directory
}

/** Ends the servers that have their data in such a folder, or up to two folders deep in it, and removes all of it. */
export async function removeTemporaryFolder(directory: string): Promise<void> {
  for await (const pidFile of glob(join(directory, '{,*/,*/*/}*.pid.json'))) await endLeftover(pidFile)
  // Without a user to run PostgreSQL as, it has left nothing.
  const owner = await postgresOwner().catch(() => undefined)
  // In a place that is closed to its owner, PostgreSQL's data lies elsewhere. There may be several.
  for await (const data of glob(`${await postgresDirectory(directory, owner)}*`)) {
    await rm(data, { recursive: true, force: true })
  }
  await rm(directory, { recursive: true, force: true })
}
