import { parseCommandLine } from '../../infra/command-line.ts'
import { ExplainedError } from '../../infra/explained-error.ts'
import { type TopologyName, topologyNames } from './topology.ts'

export interface ChaosFlags {
  readonly topology: TopologyName
  readonly seed: number
  readonly seconds: number
  /** Print the schedule and end. */
  readonly plan: boolean
}

export const usage = `Usage: npm run chaos -- --seed 42 [--seconds 60] [--topology clusters] [--plan]
       npm run chaos -- crash-points
       npm run chaos -- mutants`

const options = {
  seed: { type: 'string' },
  seconds: { type: 'string' },
  topology: { type: 'string' },
  plan: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/**
 * `null` when help was asked for. Throws `ExplainedError` for anything but whole numbers: a seed of 0 or more, 10 to 3,600 seconds.
 */
export function readFlags(args: readonly string[]): ChaosFlags | null {
  const { values } = parseCommandLine(args, { options }, usage)
  if (values.help) return null
  try {
    const seed = wholeNumber('seed', values.seed ?? '42', { from: 0, to: 2 ** 31 })
    const seconds = wholeNumber('seconds', values.seconds ?? '60', { from: 10, to: 3_600 })
    const topology = topologyNames.find((name) => name === (values.topology ?? 'single'))
    if (topology === undefined) throw new Error(`--topology must be ${topologyNames.join(' or ')}`)
    return { topology, seed, seconds, plan: values.plan ?? false }
  } catch (error) {
    throw new ExplainedError(`${(error as Error).message}\n${usage}`)
  }
}

/** The command that repeats a run. */
export function replayCommand({ topology, seed, seconds }: Omit<ChaosFlags, 'plan'>): string {
  const on = topology === 'single' ? '' : ` --topology ${topology}`
  return `npm run chaos -- --seed ${seed} --seconds ${seconds}${on}`
}

function wholeNumber(name: string, text: string, { from, to }: { from: number; to: number }): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= from && value <= to)) throw new Error(`--${name} must be a whole number of ${from} to ${to}`)
  return value
}
