import { type ParseArgsConfig, parseArgs } from 'node:util'
import { explainFlagError } from '#shared/process/explain-flag-error.ts'
import { ExplainedError } from './explained-error.ts'

/**
 * As `parseArgs` of Node. Throws `ExplainedError` with what is wrong, the flag that may be meant, and the usage, which begins with
 * `Usage: npm …`.
 */
export function parseCommandLine<const Config extends ParseArgsConfig>(
  args: readonly string[],
  config: Config,
  usage: string,
) {
  try {
    return parseArgs<Config & { args: string[] }>({ ...config, args: [...args] })
  } catch (error) {
    const names = Object.keys(config.options ?? {})
    const command = `${/npm (?:start|test|run \S+)/.exec(usage)?.[0] ?? 'npm run'} --`
    const what = explainFlagError(error as Error, { args, names, command })
    throw wrongUsage(what, usage, error)
  }
}

/** For a command without flags: prints the usage where help was asked for, and says so. Throws `ExplainedError` for all else. */
export function isHelpWanted(args: readonly string[], usage: string): boolean {
  const { help } = parseCommandLine(args, { options: { help: { type: 'boolean', short: 'h' } } }, usage).values
  if (help) console.log(usage)
  return help === true
}

/** What is wrong with a command line, and the usage below. */
export function wrongUsage(what: string, usage: string, cause?: unknown): ExplainedError {
  return new ExplainedError(`${what}\n\n${usage}`, { cause })
}

/** The value of a flag that counts something. Throws `ExplainedError` with the usage for any other text. */
export function wholeNumber(
  flag: string,
  text: string,
  { from, to, usage }: { from: number; to: number; usage: string },
): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= from && value <= to) return value
  throw wrongUsage(`${flag} must be a whole number from ${from} to ${to}`, usage)
}
