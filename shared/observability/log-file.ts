import { openSync, statSync, truncateSync } from 'node:fs'

/** A larger log is emptied when its process starts. */
export const maxLogBytes = 20 * 1024 * 1024

/** Opens a log for appending. Returns its file descriptor. */
export function openLog(file: string): number {
  if (sizeOf(file) > maxLogBytes) truncateSync(file)
  return openSync(file, 'a', 0o600)
}

/** Size of a file in bytes; 0 if there is none. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
