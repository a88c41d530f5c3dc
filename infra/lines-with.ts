import { closeSync, openSync, readSync } from 'node:fs'
import { sizeOf } from '#shared/observability/log-file.ts'

const lineEnd = 0x0a
const tailBytes = 16 * 1024

/** The lines of a file in which `text` stands. Looks for its bytes: parsing all lines of a large file would take seconds. */
export function linesWith(file: string, text: string): string[] {
  const content = readEnd(file, Number.POSITIVE_INFINITY)
  const found: string[] = []
  for (let at = content.indexOf(text); at !== -1; ) {
    const lineEndsAt = content.indexOf(lineEnd, at)
    const end = lineEndsAt === -1 ? content.length : lineEndsAt
    found.push(content.toString('utf8', content.lastIndexOf(lineEnd, at) + 1, end))
    at = content.indexOf(text, end)
  }
  return found
}

/** The last lines of a log, for messages about a process that failed; `since` leaves out what was there before. */
export function lastLines(file: string, { count, since }: { count: number; since: number }): string {
  const tail = readEnd(file, Math.min(tailBytes, sizeOf(file) - since))
  return tail.toString('utf8').trimEnd().split('\n').slice(-count).join('\n')
}

/** The last `bytes` of a file, all of it where it is shorter; empty where there is none. */
export function readEnd(file: string, bytes: number): Buffer {
  const size = sizeOf(file)
  const wanted = Math.min(size, bytes)
  if (wanted <= 0) return Buffer.alloc(0)
  const descriptor = openSync(file, 'r')
  try {
    const buffer = Buffer.allocUnsafe(wanted)
    return buffer.subarray(0, readSync(descriptor, buffer, 0, wanted, size - wanted))
  } finally {
    closeSync(descriptor)
  }
}
