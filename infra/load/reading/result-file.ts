import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readInfraConfig } from '../../config.ts'
import type { OwnFigures } from './own-figures.ts'
import type { Row } from './results.ts'
import type { Verdict } from './targets.ts'

/** The content of `latest.json`. */
export interface Result {
  readonly quick: boolean
  readonly rows: readonly Row[]
  readonly verdicts: readonly Verdict[]
  readonly own: OwnFigures
  readonly conditions: Readonly<Record<string, string | number>>
}

/** Writes it as data and as what people read, and answers both files. Neither is ever seen half written. */
export async function writeResult(result: Result, markdown: readonly string[]): Promise<string[]> {
  const directory = join(readInfraConfig().dataDirectory, 'bench')
  const files = [
    [join(directory, 'latest.json'), JSON.stringify(result, null, 2)],
    [join(directory, 'latest.md'), markdown.join('\n').trim()],
  ] as const
  for (const [file, text] of files) await writeAtomically(file, `${text}\n`)
  return files.map(([file]) => file)
}

async function writeAtomically(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const fresh = `${file}.${process.pid}`
  await writeFile(fresh, text)
  await rename(fresh, file)
}
