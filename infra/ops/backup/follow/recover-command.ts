import { mkdir } from 'node:fs/promises'
import { ExplainedError, reportFailure } from '../../../explained-error.ts'
import { installMissing } from '../../../system/programs/install.ts'
import { readRecoverFlags, recoverUsage } from '../flags.ts'
import { Stopwatch } from '../stopwatch.ts'
import { recover } from './recover.ts'

/** `npm run backup -- recover`: leaves data in a folder that `npm start` or any PostgreSQL of that version can be started on. */
async function main(): Promise<void> {
  const flags = readRecoverFlags(process.argv.slice(2))
  if (flags === null) return console.log(recoverUsage)
  const { from, into, at } = flags
  await mkdir(into, { recursive: true })
  await installMissing(['postgres', 'barman'], console.log)
  console.log(`Recovering ${from} into ${into}, until ${at?.toISOString() ?? 'the end'}\n`)
  const watch = new Stopwatch(console.log)
  const { server, recoveryPoint, differences } = await recover({ from, at, directory: into, watch })
  await watch.step('stop', () => server.stop())
  if (differences.length > 0) throw new ExplainedError(`Recovered, but not all:\n  ${differences.join('\n  ')}`)
  console.log(
    `\nRecovered as of ${recoveryPoint} in ${watch.totalSeconds.toFixed(1)} s. Start a system on it: DATA_DIR=${into} npm start`,
  )
  console.log('infra/ops/backup/README.md says what to do before doors open again.')
}

main().catch(reportFailure)
