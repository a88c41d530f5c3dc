import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ExplainedError } from '../../explained-error.ts'
import { type Say, whileSaying } from '../../say.ts'
import { describeDatabase } from '../../with-database.ts'
import { backupName, makeBackupFolder, removeAbandoned, unfinishedName } from './backups.ts'
import { bytesIn, writeChecksums } from './checksums.ts'
import { ClientTools } from './client-tools.ts'
import { dump, readBack } from './dump.ts'
import { type Manifest, writeManifest } from './manifest.ts'
import { removeOlder } from './retention.ts'
import { type Snapshot, withSnapshot } from './snapshot.ts'
import { syncFolder } from './write-synced.ts'

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
  /** Names of older ones that were too many. */
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
  return withSnapshot(databaseUrl, async (snapshot) => {
    const { facts } = snapshot
    const tools = await ClientTools.for(facts.serverVersion)
    const size = megabytes(facts.databaseBytes)
    say(`Backing up ${describeDatabase(databaseUrl)} (PostgreSQL ${facts.serverVersion}, ${size}) into ${directory}`)
    const name = backupName(facts.takenAt)
    const unfinished = join(directory, unfinishedName(name))
    await mkdir(unfinished, { mode: 0o700 })
    try {
      const manifest = await fill(unfinished, { ...options, snapshot, tools })
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

async function fill(
  directory: string,
  { snapshot, tools, databaseUrl, say, stopping }: BackUpOptions & { snapshot: Snapshot; tools: ClientTools },
): Promise<Manifest> {
  let written = 0
  const watch = setInterval(async () => {
    written = await bytesIn(directory).catch(() => written)
  }, 1_000)
  try {
    await whileSaying(
      say,
      () => `${megabytes(written)} written`,
      () => dump({ tools, databaseUrl, snapshot: snapshot.name, directory, stopping }),
    )
  } finally {
    clearInterval(watch)
  }
  const manifest: Manifest = {
    format: 1,
    ...snapshot.facts,
    dumpedBy: tools.version,
    contents: await snapshot.readContents(),
  }
  await writeManifest(directory, manifest)
  say('Reading it back')
  await whileSaying(say, 'reading', async () => {
    await readBack(tools, { directory, stopping })
    await writeChecksums(directory)
  })
  await syncFolder(directory)
  return manifest
}

/** For people: `104.2 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}
