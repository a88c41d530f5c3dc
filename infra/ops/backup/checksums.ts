import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ExplainedError } from '../../explained-error.ts'
import { writtenOnce } from './backups.ts'

/** As `sha256sum -c` reads it. */
const sumsFile = 'SHA256SUMS'

/** Writes the digest of every file below `directory`. */
export async function writeChecksums(directory: string): Promise<void> {
  const lines = (await filesIn(directory)).map(async (file) => `${await digestOf(join(directory, file))}  ${file}\n`)
  await writeFile(join(directory, sumsFile), (await Promise.all(lines)).join(''), writtenOnce)
}

/** Throws `ExplainedError` naming what is missing or not as it was written. */
export async function verifyChecksums(directory: string): Promise<void> {
  const sums = await readFile(join(directory, sumsFile), 'utf8').catch((error: Error) => {
    throw damaged(directory, [`${sumsFile} cannot be read (${error.message})`])
  })
  const faults: string[] = []
  const lines = sums.split('\n').filter((line) => line !== '')
  if (lines.length === 0) faults.push(`${sumsFile} is empty`)
  for (const line of lines) {
    const [, digest, file] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? []
    if (digest === undefined || file === undefined) faults.push(`${sumsFile}: malformed line: ${line}`)
    else {
      const found = await digestOf(join(directory, file)).catch(() => null)
      if (found === null) faults.push(`${file} is missing`)
      else if (found !== digest) faults.push(`${file} is not as it was written`)
    }
  }
  if (faults.length > 0) throw damaged(directory, faults)
}

/** Size of all files below `directory`. */
export async function bytesIn(directory: string): Promise<number> {
  let sum = 0
  for (const file of await filesIn(directory)) {
    // A file in progress may be gone again.
    sum += (await stat(join(directory, file)).catch(() => null))?.size ?? 0
  }
  return sum
}

function damaged(directory: string, faults: readonly string[]): ExplainedError {
  return new ExplainedError(
    `The backup ${directory} is damaged and must not be used:\n  ${faults.join('\n  ')}\n` +
      'Take another copy of it, or the next older backup (--from names it).',
  )
}

/** Paths relative to `directory`. */
async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort()
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
