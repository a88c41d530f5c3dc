import { createLogger } from '#shared/observability/log.ts'
import { type RunningSystem, readRunningSystem } from '#shared/process/config.ts'
import { createRedis } from '#shared/redis.ts'
import { retentionDays } from '#shared/retention/periods.ts'
import { parseCommandLine } from '../../command-line.ts'
import { readInfraConfig } from '../../config.ts'
import { reportFailure } from '../../explained-error.ts'
import { temporaryFlags } from '../../system/launcher/flags.ts'
import { launch } from '../../system/launcher/launch.ts'
import { stopSignals } from '../../system/stop-signals.ts'
import { type AuditOptions, audit } from './audit.ts'
import { countFailures, reportLines } from './report.ts'

const usage = `Usage: npm run audit [-- --full]

Audits the running system once, or the data folder's, started for that long. The last line is \`violations: N\`, and the exit code 1
unless N is 0.

  --full   everything there is; otherwise the events of which something is open or changed in the last day
  --help   this text`

const options = {
  full: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

const windowMs = 24 * 3_600_000

async function main(): Promise<void> {
  const flags = parseCommandLine(process.argv.slice(2), { options }, usage).values
  if (flags.help) return console.log(usage)
  const config = readInfraConfig()
  const bookingsKeptDays = retentionDays.parse(config.environment.RETENTION_DAYS).bookings
  const scope = flags.full ? { bookingsKeptDays } : { windowMs }
  const { database, redis } = config.given
  const running = readRunningSystem(config.environment)
  if (running !== null) return auditSystem(running, scope)
  if (database !== undefined) {
    const paymentUrl = config.environment.PAYMENT_URL ?? null
    return auditAndPrint({ databaseUrl: database, paymentUrl, ...scope }, redis)
  }
  console.log('No system is running: starting one for this audit.')
  const { stopping, hurry } = stopSignals(console.log)
  const system = await launch({ flags: temporaryFlags, config, say: console.log, stopping, hurry })
  try {
    // While it was stopped nothing could go on.
    await auditSystem(system.running, { ...scope, watchedForMs: 0 })
  } finally {
    await system.stop()
  }
}

type Scope = Pick<AuditOptions, 'windowMs' | 'bookingsKeptDays' | 'watchedForMs'>

function auditSystem({ database_urls, payment_url, redis_url }: RunningSystem, scope: Scope): Promise<void> {
  return auditAndPrint({ databaseUrl: database_urls.auditor, paymentUrl: payment_url, ...scope }, redis_url)
}

async function auditAndPrint(options: AuditOptions, redisUrl: string | undefined): Promise<void> {
  const log = createLogger({ name: 'auditor', instance: 'audit', level: 'fatal' })
  const redis = redisUrl === undefined ? null : createRedis({ url: redisUrl, name: 'audit', log })
  try {
    const done = await audit({ ...options, redis })
    for (const line of reportLines(done)) console.log(line)
    if (countFailures(done) > 0) process.exitCode = 1
  } finally {
    redis?.disconnect()
  }
}

main().catch(reportFailure)
