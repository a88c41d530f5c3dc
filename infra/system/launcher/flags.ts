import { parseCommandLine } from '../../command-line.ts'
import { ExplainedError } from '../../explained-error.ts'

export interface StartFlags {
  /** Of the first gateway; further ones take the next ports. 0 picks free ones. */
  readonly port: number
  readonly host: string
  /** Name of the first gateway; further ones count on. */
  readonly instance: string
  readonly gateways: number
  /** Of each kind. */
  readonly workers: number
  readonly observe: boolean
}

/** For a system that another command starts for itself: one of each, on free ports. */
export const temporaryFlags: StartFlags = {
  port: 0,
  host: '127.0.0.1',
  instance: 'gateway-1',
  gateways: 1,
  workers: 1,
  observe: false,
}

export const usage = `Usage: npm start -- [flags]
  --port 8080            port of the first gateway; further gateways take the next ones; 0 picks free ones
  --host 127.0.0.1       address to listen on; 0.0.0.0 lets other machines in
  --instance gateway-1   name of the first gateway in logs and metrics
  --gateways 1           how many gateways
  --workers 1            how many workers of each kind
  --observe              also start a Prometheus that watches all processes, also those started by hand later;
                         where it is missing it is installed, and its size is said before
Set DATA_DIR to keep the data elsewhere than in .data, and NATS_URL, REDIS_URL or DATABASE_URL to use a server that runs already.`

/** The launcher's flags, or `null` when help was asked for. Throws `ExplainedError` with the usage when one is wrong. */
export function parseFlags(args: readonly string[]): StartFlags | null {
  const { values } = parseCommandLine(args, { options }, usage)
  if (values.help) return null
  const instance = values.instance
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(instance)) wrong('--instance must be 1 to 64 of A-Z a-z 0-9 . _ -')
  if (values.host === '') wrong('--host must not be empty')
  const gateways = count('gateways', values.gateways)
  return {
    port: wholeNumber('port', values.port, { from: 0, to: 65_536 - gateways }),
    host: values.host,
    instance,
    gateways,
    workers: count('workers', values.workers),
    observe: values.observe,
  }
}

const options = {
  port: { type: 'string', default: '8080' },
  host: { type: 'string', default: '127.0.0.1' },
  instance: { type: 'string', default: 'gateway-1' },
  gateways: { type: 'string', default: '1' },
  workers: { type: 'string', default: '1' },
  observe: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** More than this on one machine is a slip of the keyboard. */
function count(flag: string, text: string): number {
  return wholeNumber(flag, text, { from: 1, to: 32 })
}

function wholeNumber(flag: string, text: string, { from, to }: { from: number; to: number }): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return value >= from && value <= to ? value : wrong(`--${flag} must be a whole number from ${from} to ${to}`)
}

function wrong(what: string): never {
  throw new ExplainedError(`${what}\n\n${usage}`)
}
