import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Say } from '../../say.ts'
import { listBackups } from './backups.ts'
import { readManifest } from './manifest.ts'

/** A backup by its name, with how many tickets it holds; null where its manifest cannot be read. */
export interface KeptBackup {
  readonly name: string
  readonly tickets: number | null
}

/**
 * Names of the backups beyond `keep`, of backups sorted by age, the newest first. None while an older one holds many more tickets than the
 * newest: the database was emptied or is another one, and the old backups may be all that is left.
 */
export function surplus(backups: readonly KeptBackup[], keep: number): string[] {
  return hasLost(backups) ? [] : backups.slice(Math.max(1, keep)).map(({ name }) => name)
}

/** Tickets of ten years ago are deleted, one event at a time: fewer than these are left only after a loss. */
const leastShare = 0.9

/** Whether an older backup holds over a tenth more tickets than the newest. */
export function hasLost([newest, ...older]: readonly KeptBackup[]): boolean {
  return older.some(({ tickets }) => (tickets ?? 0) * leastShare > (newest?.tickets ?? 0))
}

/** Removes the backups beyond `keep`, and returns their names. Called after a newer one was read back. */
export async function removeOlder({
  directory,
  keep,
  say,
}: {
  directory: string
  keep: number
  say: Say
}): Promise<string[]> {
  const names = await listBackups(directory)
  const backups = await Promise.all(names.map(async (name) => ({ name, tickets: await ticketsIn(directory, name) })))
  if (hasLost(backups)) {
    say(
      'An older backup holds over a tenth more tickets than this one, so none is removed. If that is right, use another folder (--to).',
    )
  }
  const removed = surplus(backups, keep)
  for (const name of removed) await rm(join(directory, name), { recursive: true, force: true })
  return removed
}

async function ticketsIn(directory: string, name: string): Promise<number | null> {
  const manifest = await readManifest(join(directory, name)).catch(() => null)
  return manifest?.contents.rows['booking.tickets'] ?? null
}
