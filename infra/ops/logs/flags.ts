import { parseCommandLine, wrongUsage } from '../../command-line.ts'
import { levels } from './log-entry.ts'
import type { LogFilter } from './log-filter.ts'

export interface LogFlags {
  /** `undefined` leaves it to whether somebody is looking. */
  readonly follow: boolean | undefined
  readonly instance: string | undefined
  readonly filter: LogFilter
}

export const usage = `Usage: npm run logs -- [flags]
  --follow               go on with what comes; on a terminal unless --no-follow says otherwise
  --instance gateway-1   of one process
  --level warn           this level and above: ${Object.keys(levels).join(', ')}
  --request ID           of one request
  --trace ID             of one trace`

/** The flags of `npm run logs`, or `null` when help was asked for. Throws `ExplainedError` with the usage when one is wrong. */
export function parseLogFlags(args: readonly string[]): LogFlags | null {
  const { values } = parseCommandLine(args, { options, allowNegative: true }, usage)
  const { help, follow, instance, level: name, request, trace } = values
  if (help) return null
  const level = new Map<string, number>(Object.entries(levels)).get(name ?? '')
  if (name !== undefined && level === undefined) throw wrongUsage(`There is no level ${name}.`, usage)
  return { follow, instance, filter: { level, request, trace } }
}

const options = {
  follow: { type: 'boolean' },
  instance: { type: 'string' },
  level: { type: 'string' },
  request: { type: 'string' },
  trace: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const
