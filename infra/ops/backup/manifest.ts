import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ExplainedError } from '../../explained-error.ts'
import { manifestFile, writtenOnce } from './backups.ts'

const manifest = z.object({
  /** Version of the layout of a backup. */
  format: z.literal(1),
  /** By the database's clock: everything that was committed before is in the backup. */
  takenAt: z.iso.datetime(),
  /** Version of the server. A server that restores the backup must be as new. */
  serverVersion: z.string(),
  /** Version of the program that wrote the dump. A program that reads it must be as new. */
  dumpedBy: z.string(),
  database: z.string(),
  /** On the server's disk, indexes included. */
  databaseBytes: z.int(),
  /** Who owns something in the database or may use it. Their passwords are not here. */
  roles: z.array(z.string()),
  contents: z.object({
    rows: z.record(z.string(), z.int()),
    migrations: z.array(z.string()).readonly(),
    lastSaleAt: z.iso.datetime().nullable(),
  }),
})

/** What a backup says of itself. */
export type Manifest = z.infer<typeof manifest>

export async function writeManifest(directory: string, written: Manifest): Promise<void> {
  await writeFile(join(directory, manifestFile), `${JSON.stringify(written, null, 2)}\n`, writtenOnce)
}

/** Throws `ExplainedError` when it is missing or not one of ours. */
export async function readManifest(directory: string): Promise<Manifest> {
  const file = join(directory, manifestFile)
  try {
    return manifest.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    throw new ExplainedError(`${file} is not the manifest of a backup: ${(error as Error).message}`, { cause: error })
  }
}
