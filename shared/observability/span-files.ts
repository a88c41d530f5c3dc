import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of spans in the data folder. */
export function spanDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'spans')
}

/** The two files of one process: the current one, and the one before it. */
export function spanFiles(directory: string, instance: string): { current: string; older: string } {
  const current = join(directory, `${instance}.jsonl`)
  return { current, older: `${current}.1` }
}

/** Instances with span files, sorted by name; none if there is no folder. */
export function spanInstances(directory: string): string[] {
  const names = tryReaddir(directory).flatMap((name) => /^(.+)\.jsonl(?:\.1)?$/.exec(name)?.[1] ?? [])
  return [...new Set(names)].sort()
}

function tryReaddir(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
