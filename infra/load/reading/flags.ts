import { parseArgs } from 'node:util'
import { ExplainedError } from '../../explained-error.ts'

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
  try {
    const off = { type: 'boolean', default: false } as const
    const { values } = parseArgs({
      args: [...args],
      options: { quick: off, peers: off, help: { ...off, short: 'h' } },
    })
    return values.help ? null : { quick: values.quick, peers: values.peers }
  } catch (error) {
    throw new ExplainedError(`${(error as Error).message}\n\n${usage}`)
  }
}
