import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'

const folder = join(import.meta.dirname, '..', '..', '..', 'shared', 'data')

/** A serial test, skipped where the real catalogues and seating plans are not beside the project. */
export const testWithRealData = existsSync(folder) ? test.serial : test.serial.skip

export function realFile(path: string): string {
  return join(folder, path)
}

/** All files of a folder of real data, by name. */
export function realFiles(path: string): string[] {
  return readdirSync(join(folder, path))
    .sort()
    .map((name) => join(folder, path, name))
}
