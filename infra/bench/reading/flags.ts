import { parseCommandLine } from '../../command-line.ts'

export interface BenchFlags {
  /** Short rounds, and no judgement. */
  readonly quick: boolean
  /** Also measure moleculer and NestJS. */
  readonly peers: boolean
}

export const usage = `Usage: npm run bench -- [flags]
  --quick   short rounds: at most four minutes, and no judgement
  --peers   also install moleculer and NestJS in a folder of their own, and measure them

Other benchmarks: npm run bench -- selling | search | telemetry | holds`

/** `null` when help was asked for. Throws `ExplainedError` with the usage when one is wrong. */
export function parseBenchFlags(args: readonly string[]): BenchFlags | null {
  const off = { type: 'boolean', default: false } as const
  const { values } = parseCommandLine(
    args,
    { options: { quick: off, peers: off, help: { ...off, short: 'h' } } },
    usage,
  )
  return values.help ? null : { quick: values.quick, peers: values.peers }
}
