import { reportFailure } from '../../explained-error.ts'
import { installMissing } from '../../system/programs/install.ts'
import { stopSignals } from '../../system/stop-signals.ts'
import { findBackup } from './backups.ts'
import { fromBackup, fromLog } from './bring-back.ts'
import { drill } from './drill.ts'
import { countFaults, drillLines } from './drill-report.ts'
import { drillUsage, readDrillFlags } from './flags.ts'

/** The workers look after what is due within seconds; the sweeper of holds comes every five. */
const settleWithinMs = 60_000

/** `npm run backup -- drill`: exit 1 when the newest backup is damaged, or what comes of it is not all that it must be. */
async function main(): Promise<void> {
  const flags = readDrillFlags(process.argv.slice(2))
  if (flags === null) return console.log(drillUsage)
  const { stopping, hurry } = stopSignals(console.log)
  const barman = flags.kind === 'log' ? (['barman'] as const) : []
  await installMissing(['postgres', 'pg_dump', 'nats-server', 'redis-server', ...barman], console.log)
  const from = flags.kind === 'backup' ? await findBackup(flags.from) : flags.from
  const bringBack = flags.kind === 'backup' ? fromBackup(from) : fromLog(from, flags.at)
  console.log(`Restore drill of ${from}\n`)
  const report = await drill({ bringBack, settleWithinMs, say: console.log, stopping, hurry })
  console.log(`\n${drillLines(report).join('\n')}`)
  if (countFaults(report) > 0) process.exitCode = 1
}

main().catch(reportFailure)
