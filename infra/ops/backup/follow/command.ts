import { reportFailure } from '../../../explained-error.ts'
import { installMissing } from '../../../system/programs/install.ts'
import { stopSignals } from '../../../system/stop-signals.ts'
import { followUsage, readFollowFlags } from '../flags.ts'
import { follow } from './follow.ts'

/** `npm run backup -- follow`: copies the log of the running system's database, or of DATABASE_URL, until it is told to stop. */
async function main(): Promise<void> {
  const flags = readFollowFlags(process.argv.slice(2))
  if (flags === null) return console.log(followUsage)
  const { stopping } = stopSignals(console.log)
  await installMissing(['pg_dump', 'barman'], console.log)
  await follow({ ...flags, say: console.log, stopping })
}

main().catch(reportFailure)
