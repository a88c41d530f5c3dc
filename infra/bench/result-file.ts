import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readInfraConfig } from '../config.ts'

/* What benchmarks leave in the data folder. No file is ever seen half written. */

/** Writes a result as data, and answers the file. */
export function writeResult(name: `${string}.json`, result: object): Promise<string> {
  return writeAtomically(name, JSON.stringify(result, null, 2))
}

/** Writes a result as what people read, and answers the file. */
export function writeReport(name: `${string}.md`, lines: readonly string[]): Promise<string> {
  return writeAtomically(name, lines.join('\n').trim())
}

async function writeAtomically(name: string, text: string): Promise<string> {
  const file = join(readInfraConfig().dataDirectory, 'bench', name)
  await mkdir(dirname(file), { recursive: true })
  const fresh = `${file}.${process.pid}`
  await writeFile(fresh, `${text}\n`)
  await rename(fresh, file)
  return file
}
