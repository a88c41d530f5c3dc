import { parseCommandLine, wholeNumber, wrongUsage } from '../../command-line.ts'

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
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(instance))
    throw wrongUsage('--instance must be 1 to 64 of A-Z a-z 0-9 . _ -', usage)
  if (values.host === '') throw wrongUsage('--host must not be empty', usage)
  // More than this on one machine is a slip of the keyboard.
  const count = { from: 1, to: 32, usage }
  const gateways = wholeNumber('--gateways', values.gateways, count)
  return {
    port: wholeNumber('--port', values.port, { from: 0, to: 65_536 - gateways, usage }),
    host: values.host,
    instance,
    gateways,
    workers: wholeNumber('--workers', values.workers, count),
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
