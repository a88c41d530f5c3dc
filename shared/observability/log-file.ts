import { closeSync, openSync, readSync, statSync, truncateSync } from 'node:fs'

/** A log of more than this is emptied when its process starts. */
export const maxLogBytes = 20 * 1024 * 1024
const tailBytes = 16 * 1024

/** Opens a log for appending and answers its file descriptor. */
export function openLog(file: string): number {
  if (sizeOf(file) > maxLogBytes) truncateSync(file)
  return openSync(file, 'a', 0o600)
}

/** The last lines of a log, for messages about a process that failed; `since` leaves out what was there before. */
export function lastLines(file: string, { count, since }: { count: number; since: number }): string {
  const size = sizeOf(file)
  const start = Math.max(since, size - tailBytes)
  const buffer = Buffer.alloc(Math.max(0, size - start))
  const descriptor = openSync(file, 'r')
  try {
    readSync(descriptor, buffer, 0, buffer.length, start)
  } finally {
    closeSync(descriptor)
  }
  return buffer.toString('utf8').trimEnd().split('\n').slice(-count).join('\n')
}

export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
