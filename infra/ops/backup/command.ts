import { reportFailure } from '../../explained-error.ts'
import { installMissing } from '../../system/programs/install.ts'
import { stopSignals } from '../../system/stop-signals.ts'
import { backUp } from './back-up.ts'
import { totalRows } from './contents.ts'
import { backupUsage, readBackupFlags } from './flags.ts'
import { megabytes } from './megabytes.ts'

/** `npm run backup`: one backup of the running system's database, or of DATABASE_URL. */
async function main(): Promise<void> {
  const flags = readBackupFlags(process.argv.slice(2))
  if (flags === null) return console.log(backupUsage)
  const { stopping } = stopSignals(console.log)
  await installMissing(['pg_dump'], console.log)
  const done = await backUp({ ...flags, say: console.log, stopping })
  const { takenAt, contents } = done.manifest
  console.log(`\nbackup          ${done.directory}`)
  console.log(`recovery point  ${takenAt} (last sale before it: ${contents.lastSaleAt ?? 'none'})`)
  console.log(`contents        ${totalRows(contents)} rows, ${contents.rows['booking.tickets'] ?? 0} tickets`)
  console.log(`size and time   ${megabytes(done.bytes)} in ${done.seconds.toFixed(1)} s`)
  if (done.removed.length > 0) console.log(`removed         ${done.removed.join(', ')}`)
  console.log('try it          npm run backup -- drill')
}

main().catch(reportFailure)
