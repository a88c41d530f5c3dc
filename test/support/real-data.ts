import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { Layout } from '#shared/contracts/layout.ts'
import { readSource } from '../../infra/ops/import/formats/recognise.ts'

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

/** A real seating plan by the name of its file, as the importer reads it. */
export function realLayout(name: string): Layout {
  const source = readSource(readFileSync(realFile(`seating-plans/${name}.json`), 'utf8'), { fallbackName: name })
  if (source.kind !== 'plan') throw new Error(`${name} is no seating plan`)
  return source.layout
}
