import { mkdir } from 'node:fs/promises'
import { ExplainedError, reportFailure } from '../../explained-error.ts'
import { installMissing } from '../../system/programs/install.ts'
import { stopSignals } from '../../system/stop-signals.ts'
import { describeDatabase } from '../../with-database.ts'
import { findPayments } from '../audit/books.ts'
import { keepsMoney } from '../audit/disagreements.ts'
import { ledgerPages } from '../audit/ledger.ts'
import { backUp, megabytes } from './back-up.ts'
import { findBackup } from './backups.ts'
import { fromBackup, fromWalArchive } from './bring-back.ts'
import { withBackedUp } from './connection.ts'
import { totalRows } from './contents.ts'
import { drill } from './drill.ts'
import { countFaults, drillLines } from './drill-report.ts'
import {
  readBackupFlags,
  readDrillFlags,
  readFollowFlags,
  readRecoverFlags,
  readRestoreFlags,
  readUnknownChargesFlags,
} from './flags.ts'
import { follow } from './follow/follow.ts'
import { recover } from './follow/recover.ts'
import { openBackup, restore } from './restore.ts'
import { Stopwatch } from './stopwatch.ts'

const say = console.log

/** Reads the flags, then runs with them; shows help instead where it was asked for. */
function command<Flags>(read: (args: readonly string[]) => Flags | null, run: (flags: Flags) => Promise<void>) {
  return async (args: readonly string[]): Promise<void> => {
    const flags = read(args)
    if (flags !== null) await run(flags)
  }
}

/** `npm run backup`: one backup of the running system's database, or of DATABASE_URL. */
const backup = command(readBackupFlags, async (flags) => {
  const { stopping } = stopSignals(say)
  await installMissing(['pg_dump'], say)
  const done = await backUp({ ...flags, say, stopping })
  const { takenAt, contents } = done.manifest
  say(`\nbackup          ${done.directory}`)
  say(`recovery point  ${takenAt} (last sale before it: ${contents.lastSaleAt ?? 'none'})`)
  say(`contents        ${totalRows(contents)} rows, ${contents.rows['booking.tickets'] ?? 0} tickets`)
  say(`size and time   ${megabytes(done.bytes)} in ${done.seconds.toFixed(1)} s`)
  if (done.removed.length > 0) say(`removed         ${done.removed.join(', ')}`)
  say('try it          npm run backup -- drill')
})

/** The workers look after what is due within seconds; the sweeper of holds comes every five. */
const settleWithinMs = 60_000

const subcommands: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  /** Exit 1 when the newest backup is damaged, or what comes of it is not all that it must be. */
  drill: command(readDrillFlags, async (flags) => {
    const { stopping, hurry } = stopSignals(say)
    const isDump = flags.kind === 'backup'
    await installMissing(['postgres', 'pg_dump', 'nats-server', 'redis-server'], say)
    if (!isDump) await installMissing(['barman'], say)
    const from = isDump ? await findBackup(flags.from) : flags.from
    say(`Restore drill of ${from}\n`)
    const bringBack = isDump ? fromBackup(from) : fromWalArchive(from, flags.at)
    const report = await drill({ bringBack, settleWithinMs, say, stopping, hurry })
    say(`\n${drillLines(report).join('\n')}`)
    if (countFaults(report) > 0) process.exitCode = 1
  }),

  /** Fills an empty database with a backup. */
  restore: command(readRestoreFlags, async (flags) => {
    const { stopping } = stopSignals(say)
    await installMissing(['pg_dump'], say)
    const directory = await findBackup(flags.from)
    say(`Restoring ${directory} into ${describeDatabase(flags.into)}\n`)
    const watch = new Stopwatch(say)
    const backup = await watch.step('compare checksums', () => openBackup(directory))
    const faults = await restore({ backup, databaseUrl: flags.into, watch, stopping })
    if (faults.length > 0) throw new ExplainedError(`Restored, but not as the manifest says:\n  ${faults.join('\n  ')}`)
    say(`\nRestored as of ${backup.manifest.takenAt} in ${watch.totalSeconds.toFixed(1)} s.`)
    say('What was sold later is missing: infra/ops/backup/RUNBOOK.md says what to do before doors open again.')
  }),

  /** Archives the WAL of the running system's database, or of DATABASE_URL, until it is stopped. */
  follow: command(readFollowFlags, async (flags) => {
    const { stopping } = stopSignals(say)
    await installMissing(['pg_dump', 'barman'], say)
    await follow({ ...flags, say, stopping })
  }),

  /** Leaves data in a folder that `npm start` or any PostgreSQL of that version can be started on. */
  recover: command(readRecoverFlags, async ({ from, into, at }) => {
    await mkdir(into, { recursive: true })
    await installMissing(['postgres', 'barman'], say)
    say(`Recovering ${from} into ${into}, until ${at?.toISOString() ?? 'the end'}\n`)
    const watch = new Stopwatch(say)
    const { server, recoveryPoint, differences } = await recover({ from, at, directory: into, watch })
    await watch.step('stop', () => server.stop())
    if (differences.length > 0) throw new ExplainedError(`Recovered, but not all:\n  ${differences.join('\n  ')}`)
    const took = `${watch.totalSeconds.toFixed(1)} s`
    say(`\nRecovered as of ${recoveryPoint} in ${took}. Start a system on it: DATA_DIR=${into} npm start`)
    say('infra/ops/backup/RUNBOOK.md says what to do before doors open again.')
  }),

  /**
   * Charges that keep a buyer's money while no payment of ours knows of them, oldest first: a line each, `state amount_minor currency
   * key charge`, then how many. Exit 1 unless none. After a restore these are what was paid since the backup; beside a running sale
   * there are none, because we write down what we are about to ask for.
   */
  'unknown-charges': command(readUnknownChargesFlags, async ({ databaseUrl, paymentUrl }) => {
    let count = 0
    await withBackedUp(databaseUrl, async (client) => {
      for await (const { charges } of ledgerPages({ paymentUrl, since: null })) {
        const keys = charges.map(({ idempotency_key }) => idempotency_key)
        const known = new Set((await findPayments(client, keys)).map(({ provider_key }) => provider_key))
        for (const charge of charges.filter((each) => keepsMoney(each) && !known.has(each.idempotency_key))) {
          count += 1
          const kept = charge.amount_minor - charge.refunded_minor
          say([charge.state, kept, charge.currency, charge.idempotency_key, charge.id].join('\t'))
        }
      }
    })
    say(`unknown charges: ${count}`)
    if (count > 0) process.exitCode = 1
  }),
}

const [name = '', ...rest] = process.argv.slice(2)
const subcommand = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined
const running = subcommand === undefined ? backup(process.argv.slice(2)) : subcommand(rest)
running.catch(reportFailure)
