import { parseCommandLine } from '../../command-line.ts'
import { ExplainedError } from '../../explained-error.ts'

export interface SearchFlags {
  /** Of the catalogues to be searched, in events. */
  readonly sizes: readonly number[]
}

const usualSizes = [10_000, 1_000_000]
const maxEvents = 100_000_000

export const usage = `Usage: npm run bench -- search [flags]
  --events N   one catalogue of N events, in place of one of 10,000 and one of 1,000,000`

/** `null` when help was asked for. Throws `ExplainedError` with the usage when one is wrong. */
export function parseSearchFlags(args: readonly string[]): SearchFlags | null {
  const { events, help } = parseCommandLine(args, { options }, usage).values
  if (help) return null
  if (events === undefined) return { sizes: usualSizes }
  const size = Number(events)
  if (!/^\d+$/.test(events) || size < 1 || size > maxEvents) {
    throw new ExplainedError(`--events must be a whole number from 1 to ${maxEvents}\n\n${usage}`)
  }
  return { sizes: [size] }
}

const options = { events: { type: 'string' }, help: { type: 'boolean', default: false, short: 'h' } } as const
