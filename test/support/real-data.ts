import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'

const folder = join(import.meta.dirname, '..', '..', '..', 'shared', 'data')

/** Whether the real catalogues and seating plans are beside the project. */
export const hasRealData = existsSync(folder)

/** A serial test, skipped where they are not. */
export const testWithRealData = hasRealData ? test.serial : test.serial.skip

export const realFile = (path: string): string => join(folder, path)

/** All files of a folder of real data, by name. */
export const realFiles = (path: string): string[] =>
  readdirSync(join(folder, path))
    .sort()
    .map((name) => join(folder, path, name))
