import { readRunningSystem } from '#shared/process/config.ts'
import { isHelpWanted } from '../command-line.ts'
import { readInfraConfig } from '../config.ts'
import { reportFailure } from '../explained-error.ts'
import { temporaryFlags } from '../launcher/flags.ts'
import { stopSignals } from '../launcher/stop-signals.ts'
import { startSystem } from '../launcher/system.ts'
import { type AuditOptions, audit } from './audit.ts'
import { countFailures, reportLines } from './report.ts'

const usage = `Usage: npm run audit
Checks every invariant once, in the running system or in that of DATABASE_URL and PAYMENT_URL; without either it starts the system of
the data folder for that long. Exit code 1 on a violation, or where something could not be checked.`

/**
 * `npm run audit`: one audit of the running system, or of the data folder's, started for that long. Exit 1 on violations, and
 * when something could not be checked.
 */
async function main(): Promise<void> {
  if (isHelpWanted(process.argv.slice(2), usage)) return
  const config = readInfraConfig()
  const running = readRunningSystem(config.environment)
  if (running !== null) return report({ databaseUrl: running.database_urls.auditor, paymentUrl: running.payment_url })
  if (config.given.database !== undefined) {
    return report({ databaseUrl: config.given.database, paymentUrl: config.environment.PAYMENT_URL ?? null })
  }
  console.log('No system is running: starting one for this audit.')
  const { stopping, hurry } = stopSignals(console.log)
  const system = await startSystem({ flags: temporaryFlags, config, say: console.log, stopping, hurry })
  try {
    const { database_urls, payment_url } = system.running
    await report({ databaseUrl: database_urls.auditor, paymentUrl: payment_url })
  } finally {
    await system.stop()
  }
}

async function report(options: AuditOptions): Promise<void> {
  const done = await audit(options)
  for (const line of reportLines(done)) console.log(line)
  if (countFailures(done) > 0) process.exitCode = 1
}

main().catch(reportFailure)
