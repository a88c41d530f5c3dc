import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { ExplainedError } from './explained-error.ts'

export const ownerOnly = 0o600

/**
 * Secrets that are made once: what the file holds, and of `fresh` what it lacks, which is added to the file. Throws `ExplainedError` for
 * a damaged file: other secrets would lock their owners out without a word.
 */
export function keptSecrets<Values extends object>(file: string, fresh: Values): Values {
  const stored = readJson<Partial<Values>>(file)
  if (stored === undefined && existsSync(file)) {
    throw new ExplainedError(`${file} is damaged: it is not JSON.\nRestore it, or remove it to have new secrets made.`)
  }
  const values = { ...fresh, ...stored }
  writeJson(file, values)
  return values
}

/** The content of a JSON file; `undefined` when it is absent or unreadable. */
export function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch {
    return undefined
  }
}

/** Never seen half written, and readable by its owner alone. */
export function writeJson(file: string, value: unknown): void {
  writeWhole(file, `${JSON.stringify(value, null, 2)}\n`, ownerOnly)
}

/** Writes a file that is never seen half written. */
export function writeWhole(file: string, text: string, mode?: number): void {
  const fresh = `${file}.${process.pid}`
  writeFileSync(fresh, text, { mode })
  renameSync(fresh, file)
}
