import { ExplainedError, reportFailure } from '../../explained-error.ts'
import { installMissing } from '../../system/programs/install.ts'
import { stopSignals } from '../../system/stop-signals.ts'
import { findBackup } from './backups.ts'
import { describeDatabase } from './connection.ts'
import { readRestoreFlags, restoreUsage } from './flags.ts'
import { openBackup, restore } from './restore.ts'
import { Stopwatch } from './stopwatch.ts'

/** `npm run backup -- restore`: fills an empty database with a backup. */
async function main(): Promise<void> {
  const flags = readRestoreFlags(process.argv.slice(2))
  if (flags === null) return console.log(restoreUsage)
  const { stopping } = stopSignals(console.log)
  await installMissing(['pg_dump'], console.log)
  const directory = await findBackup(flags.from)
  console.log(`Restoring ${directory} into ${describeDatabase(flags.into)}\n`)
  const watch = new Stopwatch(console.log)
  const backup = await watch.step('compare checksums', () => openBackup(directory))
  const faults = await restore({ backup, databaseUrl: flags.into, watch, stopping })
  if (faults.length > 0) throw new ExplainedError(`Restored, but not as the manifest says:\n  ${faults.join('\n  ')}`)
  console.log(`\nRestored as of ${backup.manifest.takenAt} in ${watch.totalSeconds.toFixed(1)} s.`)
  console.log('What was sold later is missing: infra/ops/backup/README.md says what to do before doors open again.')
}

main().catch(reportFailure)
