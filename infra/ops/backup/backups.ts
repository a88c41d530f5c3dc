import { existsSync } from 'node:fs'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ExplainedError } from '../../explained-error.ts'
import { ownerOnly } from '../../kept-file.ts'

export const manifestFile = 'manifest.json'

/*
 * The folder that holds backups. One is named after its moment, so that names sort by age, and gets that name when it is
 * complete: whatever an interrupted run leaves behind has another.
 */

const namePattern = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z$/
const unfinishedPattern = /^\d{4}-.*\.unfinished$/
/** Longer than a backup may take. */
const abandonedAfterMs = 24 * 3_600_000

/** `2026-11-25T20-15-03.123Z`: no colon, which not every file system takes. */
export function backupName(takenAt: string): string {
  return takenAt.replaceAll(':', '-')
}

export function unfinishedName(name: string): string {
  return `${name}.unfinished`
}

/** Complete ones by name, the newest first. */
export async function listBackups(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => [])
  return names
    .filter((name) => namePattern.test(name))
    .sort()
    .reverse()
}

/** `from` itself when it is a backup, else the newest in it. Throws `ExplainedError` when there is none. */
export async function findBackup(from: string): Promise<string> {
  if (unfinishedPattern.test(basename(from))) {
    throw new ExplainedError(`${from} was interrupted before it was complete: it is no backup.`)
  }
  if (existsSync(join(from, manifestFile))) return from
  const [newest] = await listBackups(from)
  if (newest === undefined) throw new ExplainedError(`There is no backup in ${from}. npm run backup makes one.`)
  return join(from, newest)
}

/** Removes what interrupted runs left, and returns the names. Leaves another run in progress alone. */
export async function removeAbandoned(directory: string, now: Date): Promise<string[]> {
  const unfinished = (await readdir(directory)).filter((name) => unfinishedPattern.test(name))
  const removed: string[] = []
  for (const name of unfinished) {
    const found = await stat(join(directory, name)).catch(() => null)
    if (found === null || now.getTime() - found.mtimeMs < abandonedAfterMs) continue
    await rm(join(directory, name), { recursive: true, force: true })
    removed.push(name)
  }
  return removed
}

/** Makes the folder, which nobody but its owner may look into: it holds who bought what. */
export async function makeBackupFolder(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw new ExplainedError(`The folder for backups cannot be made: ${error.message}. --to names another.`, {
      cause: error,
    })
  })
}

/** For a file of a backup: new, its owner's alone, and on the disk when the write returns, because a power cut must not empty it. */
export const writtenOnce = { flag: 'wx', mode: ownerOnly, flush: true }

/** Makes sure that names which were given or changed in a folder are on the disk. */
export async function syncFolder(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
