import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ExplainedError } from '../../explained-error.ts'
import { backupName, listBackups } from '../backups.ts'
import { walBefore, walFileName } from './wal-files.ts'

/*
 * The folder that holds what `backup:follow` writes: stretches, named after their beginning. In a stretch the log has no gap;
 * its base backups are what a recovery begins with.
 *
 *   <stretch>/wal/                the log, the last file as `.partial`
 *   <stretch>/base/<base>/        base.tar.gz, pg_wal.tar.gz, base.json, SHA256SUMS
 */

const baseManifest = z.object({
  format: z.literal(1),
  /** By the database's clock: a recovery from here reaches any moment from this one on. */
  completedAt: z.iso.datetime(),
  serverVersion: z.string(),
  /** The server's first user, by whom a recovered server is entered. */
  superuser: z.string(),
  database: z.string(),
  /** The first file of the log that a recovery needs. */
  firstWalFile: z.string(),
})

/** What a base backup says of itself. */
export type BaseManifest = z.infer<typeof baseManifest>

export interface Base {
  readonly directory: string
  readonly manifest: BaseManifest
  /** The log that goes on from it. */
  readonly walDirectory: string
}

export const baseManifestFile = 'base.json'

export function walOf(stretch: string): string {
  return join(stretch, 'wal')
}

export function basesOf(stretch: string): string {
  return join(stretch, 'base')
}

/** A new stretch from now on; answers its folder. */
export async function beginStretch(directory: string, now: Date): Promise<string> {
  const stretch = join(directory, backupName(now.toISOString()))
  await mkdir(walOf(stretch), { recursive: true, mode: 0o700 })
  await mkdir(basesOf(stretch), { recursive: true, mode: 0o700 })
  return stretch
}

/** The stretch that was begun last; `undefined` before the first. */
export async function newestStretch(directory: string): Promise<string | undefined> {
  const [newest] = await listBackups(directory)
  return newest === undefined ? undefined : join(directory, newest)
}

/** Every base backup, the newest first. */
export async function listBases(directory: string): Promise<Base[]> {
  const bases: Base[] = []
  for (const name of await listBackups(directory)) {
    const stretch = join(directory, name)
    for (const base of await listBackups(basesOf(stretch))) {
      const place = join(basesOf(stretch), base)
      bases.push({ directory: place, manifest: await readBaseManifest(place), walDirectory: walOf(stretch) })
    }
  }
  return bases
}

/** Removes all but the newest base backups, and what of the log only the removed ones needed. */
export async function removeOldBases(directory: string, keep: number): Promise<void> {
  const bases = await listBases(directory)
  const [kept, old] = [bases.slice(0, keep), bases.slice(keep)]
  for (const base of old) await rm(base.directory, { recursive: true, force: true })
  for (const name of await listBackups(directory)) {
    const wal = walOf(join(directory, name))
    const first = kept.findLast(({ walDirectory }) => walDirectory === wal)?.manifest.firstWalFile
    if (first !== undefined) {
      for (const file of walBefore(await readdir(wal), first)) await rm(join(wal, file), { force: true })
    } else if (old.some(({ walDirectory }) => walDirectory === wal)) {
      await rm(join(directory, name), { recursive: true, force: true })
    }
  }
}

/** Where a recovery begins that needs the log from a position on. */
export function firstWalFile(pgManifest: string, segmentBytes: number): string {
  const range = z.object({ 'WAL-Ranges': z.array(z.object({ Timeline: z.int(), 'Start-LSN': z.string() })).min(1) })
  const [first] = range.parse(JSON.parse(pgManifest))['WAL-Ranges']
  if (first === undefined) throw new Error('the manifest names no position in the log')
  return walFileName({ timeline: first.Timeline, lsn: first['Start-LSN'], segmentBytes })
}

async function readBaseManifest(directory: string): Promise<BaseManifest> {
  const file = join(directory, baseManifestFile)
  try {
    return baseManifest.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    throw new ExplainedError(`${file} does not describe a base backup: ${(error as Error).message}`, { cause: error })
  }
}
