import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { ExplainedError } from '../../explained-error.ts'
import { type Say, whileSaying } from '../../say.ts'
import type { Program } from '../../system/programs/program.ts'
import { describeDatabase } from '../../with-database.ts'
import { backupName, makeBackupFolder, removeAbandoned, syncFolder, unfinishedName } from './backups.ts'
import { bytesIn, writeChecksums } from './checksums.ts'
import { requireFitting } from './client-tools.ts'
import { readContents } from './contents.ts'
import { dump, readBack } from './dump.ts'
import { type Manifest, writeManifest } from './manifest.ts'
import { removeOlder } from './retention.ts'
import { type Snapshot, withSnapshot } from './snapshot.ts'

interface BackUpOptions {
  readonly databaseUrl: string
  /** Holds the backups. */
  readonly directory: string
  /** How many stay there. */
  readonly keep: number
  readonly say: Say
  readonly stopping: AbortSignal
}

export interface FinishedBackup {
  readonly directory: string
  readonly manifest: Manifest
  readonly bytes: number
  readonly seconds: number
  /** Names of older backups that were removed. */
  readonly removed: readonly string[]
}

/**
 * Writes one backup beside its place, reads all of it back, and puts it there under its name once it is complete. Only then older
 * ones go. Whatever happens before leaves the folder as it was.
 */
export async function backUp(options: BackUpOptions): Promise<FinishedBackup> {
  const { directory, keep, say } = options
  const startedAt = performance.now()
  await makeBackupFolder(directory)
  for (const name of await removeAbandoned(directory, new Date())) say(`Removed ${name}, which was never completed.`)
  const { name, manifest } = await writeBackup(options)
  const place = join(directory, name)
  const removed = await removeOlder({ directory, keep, say })
  const seconds = (performance.now() - startedAt) / 1000
  return { directory: place, manifest, bytes: await bytesIn(place), seconds, removed }
}

function writeBackup(options: BackUpOptions): Promise<{ name: string; manifest: Manifest }> {
  const { databaseUrl, directory, say } = options
  return withSnapshot(databaseUrl, async (client, snapshot) => {
    const dumper = await requireFitting('pg_dump', snapshot.serverVersion)
    const size = megabytes(snapshot.databaseBytes)
    say(`Backing up ${describeDatabase(databaseUrl)} (PostgreSQL ${snapshot.serverVersion}, ${size}) into ${directory}`)
    const name = backupName(snapshot.takenAt)
    const unfinished = join(directory, unfinishedName(name))
    await mkdir(unfinished, { mode: 0o700 })
    try {
      const manifest = await fill(unfinished, { ...options, client, snapshot, dumper })
      await rename(unfinished, join(directory, name))
      await syncFolder(directory)
      return { name, manifest }
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true })
      if (options.stopping.aborted) throw new ExplainedError('Stopped. Nothing was kept of this backup.')
      throw error
    }
  })
}

interface Filling extends BackUpOptions {
  readonly client: pg.Client
  readonly snapshot: Snapshot
  readonly dumper: Program
}

async function fill(directory: string, filling: Filling): Promise<Manifest> {
  const { client, dumper, databaseUrl, say, stopping } = filling
  const { name: snapshot, ...facts } = filling.snapshot
  let written = 0
  const watch = setInterval(async () => {
    written = await bytesIn(directory).catch(() => written)
  }, 1_000)
  await whileSaying(
    say,
    () => `${megabytes(written)} written`,
    () => dump({ dumper, databaseUrl, snapshot, directory, stopping }),
  ).finally(() => clearInterval(watch))
  const contents = await readContents(client)
  const manifest: Manifest = { format: 1, ...facts, dumpedBy: dumper.version, contents }
  await writeManifest(directory, manifest)
  say('Reading it back')
  await whileSaying(say, 'reading', async () => {
    await readBack(dumper, { directory, stopping })
    await writeChecksums(directory)
  })
  await syncFolder(directory)
  return manifest
}

/** For people: `104.2 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}
