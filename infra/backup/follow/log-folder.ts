import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ExplainedError } from '../../explained-error.ts'
import type { Say } from '../../say.ts'
import { backupName, listBackups, unfinishedName } from '../backups.ts'
import { hasLost } from '../retention.ts'
import { syncFolder, writeSynced } from '../write-synced.ts'
import { walBefore, walFileName } from './wal-files.ts'

/*
 * The folder that holds what `backup -- follow` writes: stretches, named after their beginning. In a stretch the log has no gap;
 * its base backups are what a recovery begins with.
 *
 *   <stretch>/server.json         whose log it is
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
  /** When it was begun; null where nobody counted. */
  tickets: z.int().nullable().default(null),
  /** The first file of the log that a recovery needs. */
  firstWalFile: z.string(),
})

const stretchServer = z.object({ format: z.literal(1), systemIdentifier: z.string() })

/** What a base backup says of itself. */
export type BaseManifest = z.infer<typeof baseManifest>

export interface Base {
  readonly directory: string
  readonly manifest: BaseManifest
  /** The log that goes on from it. */
  readonly walDirectory: string
}

export const baseManifestFile = 'base.json'
const stretchServerFile = 'server.json'

export function walOf(stretch: string): string {
  return join(stretch, 'wal')
}

export function basesOf(stretch: string): string {
  return join(stretch, 'base')
}

/** A new stretch from now on, which says whose it is from the beginning; answers its folder. */
export async function beginStretch(
  directory: string,
  { systemIdentifier, now }: { systemIdentifier: string; now: Date },
): Promise<string> {
  const name = backupName(now.toISOString())
  const unfinished = join(directory, unfinishedName(name))
  await mkdir(walOf(unfinished), { recursive: true, mode: 0o700 })
  await mkdir(basesOf(unfinished), { recursive: true, mode: 0o700 })
  const server: z.infer<typeof stretchServer> = { format: 1, systemIdentifier }
  await writeSynced(join(unfinished, stretchServerFile), `${JSON.stringify(server, null, 2)}\n`)
  const stretch = join(directory, name)
  await rename(unfinished, stretch)
  await syncFolder(directory)
  return stretch
}

/**
 * Throws `ExplainedError` unless every stretch is of that server: bases of another one would push out the good ones, and a
 * recovery takes the newest.
 */
export async function requireSameServer(directory: string, systemIdentifier: string): Promise<void> {
  for (const name of await listBackups(directory)) {
    const stretch = join(directory, name)
    const found = await readServerOf(stretch)
    if (found === systemIdentifier) continue
    throw new ExplainedError(
      `${stretch} is the log of ${found === null ? 'an unknown server' : `another server (${found})`}, and this one is ` +
        `${systemIdentifier}: nothing was changed.\n` +
        `Look whether DATABASE_URL is right. If it is, name another folder by --to, or move ${directory} elsewhere and keep it.`,
    )
  }
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

/**
 * Removes all but the newest base backups, and what of the log only the removed ones needed. None as long as an older one holds
 * more tickets than the newest, as of dumps.
 */
export async function removeOldBases(directory: string, { keep, say }: { keep: number; say: Say }): Promise<void> {
  const bases = await listBases(directory)
  if (hasLost(bases.map(({ directory: name, manifest: { tickets } }) => ({ name, tickets })))) {
    return say(`An older base backup in ${directory} holds more tickets than the newest: none is removed.`)
  }
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

/** Null where it is not written down. */
async function readServerOf(stretch: string): Promise<string | null> {
  try {
    return stretchServer.parse(JSON.parse(await readFile(join(stretch, stretchServerFile), 'utf8'))).systemIdentifier
  } catch {
    return null
  }
}

async function readBaseManifest(directory: string): Promise<BaseManifest> {
  const file = join(directory, baseManifestFile)
  try {
    return baseManifest.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    throw new ExplainedError(`${file} does not describe a base backup: ${(error as Error).message}`, { cause: error })
  }
}
