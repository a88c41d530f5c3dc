import { parseArgs } from 'node:util'
import { readRunningSystem } from '#shared/process/config.ts'
import { readInfraConfig } from '../config.ts'
import { ExplainedError, reportFailure } from '../explained-error.ts'
import { temporaryFlags } from '../launcher/flags.ts'
import { stopSignals } from '../launcher/stop-signals.ts'
import { startSystem } from '../launcher/system.ts'
import { type AuditOptions, audit } from './audit.ts'
import { countFailures, reportLines } from './report.ts'

const help = `npm run audit [-- --full]

Audits the running system once, or the data folder's, started for that long. The last line is \`violations: N\`, and the exit code 1
unless N is 0.

  --full   everything there is; otherwise the events of which something is open or changed in the last day
  --help   this text`

const windowMs = 24 * 3_600_000

async function main(): Promise<void> {
  const flags = readFlags(process.argv.slice(2))
  if (flags.help) return console.log(help)
  const scope = flags.full ? {} : { windowMs }
  const config = readInfraConfig()
  const running = readRunningSystem(config.environment)
  if (running !== null) return report({ databaseUrl: running.database_url, paymentUrl: running.payment_url, ...scope })
  if (config.given.database !== undefined) {
    const paymentUrl = config.environment.PAYMENT_URL ?? null
    return report({ databaseUrl: config.given.database, paymentUrl, ...scope })
  }
  console.log('No system is running: starting one for this audit.')
  const { stopping, hurry } = stopSignals(console.log)
  const system = await startSystem({ flags: temporaryFlags, config, say: console.log, stopping, hurry })
  try {
    const { database_url, payment_url } = system.running
    // While it was stopped nothing could go on.
    await report({ databaseUrl: database_url, paymentUrl: payment_url, ...scope, watchedForMs: 0 })
  } finally {
    await system.stop()
  }
}

function readFlags(args: string[]): { full: boolean; help: boolean } {
  try {
    const options = { full: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } as const
    return parseArgs({ args, options, strict: true }).values
  } catch (error) {
    throw new ExplainedError(`${(error as Error).message}\n\n${help}`, { cause: error })
  }
}

async function report(options: AuditOptions): Promise<void> {
  const done = await audit(options)
  for (const line of reportLines(done)) console.log(line)
  if (countFailures(done) > 0) process.exitCode = 1
}

main().catch(reportFailure)
