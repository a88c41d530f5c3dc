import { join } from 'node:path'
import { dataDirectory } from '#shared/process/config.ts'
import { parseCommandLine } from '../../infra/command-line.ts'
import { ExplainedError } from '../../infra/explained-error.ts'
import type { RushOptions } from './rush.ts'

export interface LabConfig extends RushOptions {
  /** Where the figures are written. */
  readonly resultFile: string
}

export const usage = `Usage: npm run bench -- holds [flags]
  --seconds 4      how long buyers come, for each design
  --buyers 5000    how many come within that time
  --seed 42        another seed is another crowd
Measures the designs for holding a seat under the same rush and writes .data/bench/holds.json.`

/** Flags and environment; `null` when help was asked for. Throws `ExplainedError` naming what is wrong. */
export function readLabConfig(args: readonly string[], env: NodeJS.ProcessEnv): LabConfig | null {
  const { values } = parseCommandLine(args, { options }, usage)
  if (values.help) return null
  return {
    seconds: number('seconds', values.seconds, { from: 1, to: 60 }),
    buyers: number('buyers', values.buyers, { from: 1, to: 200_000 }),
    seed: number('seed', values.seed, { from: 0, to: 2 ** 32 - 1 }),
    resultFile: join(dataDirectory(env), 'bench', 'holds.json'),
  }
}

const options = {
  seconds: { type: 'string', default: '4' },
  buyers: { type: 'string', default: '5000' },
  seed: { type: 'string', default: '42' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

function number(flag: string, text: string, { from, to }: { from: number; to: number }): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= from && value <= to) return value
  throw new ExplainedError(`--${flag} must be a whole number from ${from} to ${to}\n\n${usage}`)
}
