import { parseCommandLine, wholeNumber, wrongUsage } from '../../infra/command-line.ts'
import { type TopologyName, topologyNames } from './schedule.ts'

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
  const seed = wholeNumber('--seed', values.seed ?? '42', { from: 0, to: 2 ** 31, usage })
  const seconds = wholeNumber('--seconds', values.seconds ?? '60', { from: 10, to: 3_600, usage })
  const topology = topologyNames.find((name) => name === (values.topology ?? 'single'))
  if (topology === undefined) throw wrongUsage(`--topology must be ${topologyNames.join(' or ')}`, usage)
  return { topology, seed, seconds, plan: values.plan ?? false }
}

/** The command that repeats a run. */
export function replayCommand({ topology, seed, seconds }: Omit<ChaosFlags, 'plan'>): string {
  const on = topology === 'single' ? '' : ` --topology ${topology}`
  return `npm run chaos -- --seed ${seed} --seconds ${seconds}${on}`
}
