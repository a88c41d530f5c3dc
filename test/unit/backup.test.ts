import test from 'ava'
import { backupName, unfinishedName } from '../../infra/ops/backup/backups.ts'
import { fitting } from '../../infra/ops/backup/client-tools.ts'
import { connectionOf } from '../../infra/ops/backup/connection.ts'
import { type Contents, differences } from '../../infra/ops/backup/contents.ts'
import { readBackupFlags, readDrillFlags, readRecoverFlags, readRestoreFlags } from '../../infra/ops/backup/flags.ts'
import { removeOldBases } from '../../infra/ops/backup/follow/follow.ts'
import { notReplayed } from '../../infra/ops/backup/follow/recover.ts'
import { surplus } from '../../infra/ops/backup/retention.ts'
import { describeDatabase } from '../../infra/with-database.ts'

const contents: Contents = {
  rows: { 'booking.tickets': 3, 'booking.holds': 5 },
  migrations: ['booking/001-a.sql', 'booking/002-b.sql'],
  lastSaleAt: '2026-11-25T20:00:00.000Z',
}

test('a database that is as the manifest says differs in nothing', (t) => {
  t.deepEqual(differences(contents, structuredClone(contents)), [])
})

test('lost rows, tables, migrations and sales are named, one sentence each', (t) => {
  const found = { rows: { 'booking.tickets': 2 }, migrations: ['booking/001-a.sql'], lastSaleAt: null }
  t.deepEqual(differences(contents, found), [
    'booking.tickets: 3 rows in the manifest, now 2 rows',
    'booking.holds: 5 rows in the manifest, now no such table',
    'migration booking/002-b.sql is missing',
    'last sale: 2026-11-25T20:00:00.000Z in the manifest, now null',
  ])
})

test('of backups with ever more tickets the newest stay, and always one', (t) => {
  const backups = [9, 5, 5, null].map((tickets, index) => ({ name: `b${4 - index}`, tickets }))
  t.deepEqual(surplus(backups, 2), ['b2', 'b1'])
  t.deepEqual(surplus(backups, 0), ['b3', 'b2', 'b1'])
  t.deepEqual(surplus(backups, 14), [])
})

test('no backup is removed while an older one holds over a tenth more tickets than the newest', (t) => {
  const named = (tickets: number[]) => tickets.map((tickets, index) => ({ name: `b${3 - index}`, tickets }))
  t.deepEqual(surplus(named([0, 0, 7]), 1), [])
  t.deepEqual(surplus(named([899, 899, 1_000]), 1), [])
})

test('backups are removed although tickets of ten years ago were deleted meanwhile', (t) => {
  const backups = [950, 1_000, 990].map((tickets, index) => ({ name: `b${3 - index}`, tickets }))
  t.deepEqual(surplus(backups, 1), ['b2', 'b1'])
})

test('names of backups sort by age and are fit for every file system', (t) => {
  t.is(backupName('2026-11-25T20:31:05.552Z'), '2026-11-25T20-31-05.552Z')
  t.is(unfinishedName('2026-11-25T20-31-05.552Z'), '2026-11-25T20-31-05.552Z.unfinished')
})

test('the programs of the same major version are preferred, then newer ones, and older ones never taken', (t) => {
  const programs = ['17.12', '15.20', '16.3'].map((version) => ({ version }))
  t.is(fitting('15.2', programs)?.version, '15.20')
  t.is(fitting('16.3', programs.slice(0, 2))?.version, '17.12')
  t.is(fitting('18.0', programs), undefined)
})

test('a password goes by the environment, where the list of processes does not show it', (t) => {
  const { dbname, environment } = connectionOf('postgres://shop:p%40ss@db.example:5433/tickets?sslmode=require')
  t.deepEqual(environment, { PGPASSWORD: 'p@ss' })
  t.notRegex(dbname, /p%40ss|p@ss/)
  const { host, username, pathname, searchParams } = new URL(dbname)
  t.deepEqual([username, host, pathname], ['shop', 'db.example:5433', '/tickets'])
  t.is(searchParams.get('sslmode'), 'require')
  t.truthy(searchParams.get('connect_timeout'))
  t.is(describeDatabase('postgres://shop:p%40ss@db.example:5433/tickets'), 'tickets at db.example:5433')
})

test('a log that was replayed into the last record of its last finished file was replayed to its end', (t) => {
  const names = ['000000010000000000000004', '000000010000000000000005']
  const left = (lsn: bigint): string[] => notReplayed(names, lsn).map((difference) => difference.slice(0, 24))
  t.deepEqual(left(0x5ffffc0n), [])
  t.deepEqual(left(0x6000000n), [])
  t.deepEqual(left(0x5000100n), [names[1]])
  t.deepEqual(left(0x4000100n), names)
})

test('a base backup of an emptied database pushes none out', async (t) => {
  const removed = async (tickets: readonly number[]): Promise<{ ids: string[]; said: string[] }> => {
    const complete = tickets.map((count, day) => ({ id: `day ${day}`, completedAt: day, tickets: count })).toReversed()
    const [ids, said]: [string[], string[]] = [[], []]
    const bases = async () => ({ complete, failed: [] })
    const run = async (args: readonly string[]) => String(ids.push(args.at(-1) ?? ''))
    await removeOldBases({ bases, run }, (line) => said.push(line))
    return { ids, said }
  }
  t.deepEqual((await removed([7, 7, 0])).ids, [])
  t.regex((await removed([7, 7, 0])).said.join(), /holds over a tenth more tickets than the newest/)
  t.deepEqual(await removed([6, 7, 7, 8]), { ids: ['day 0', 'day 1'], said: [] })
})

for (const [read, args, complaint] of [
  [readBackupFlags, ['--keep', '0'], /--keep must be a whole number from 1/],
  [readBackupFlags, ['--where', 'x'], /Unknown option '--where'/],
  [readDrillFlags, ['stray'], /stray/],
  [readRestoreFlags, ['--from', 'x'], /--into must be like postgres:/],
  [readDrillFlags, ['--at', 'yesterday'], /--at must be latest or an instant/],
  [readRecoverFlags, [], /--into must name a folder/],
  [readRestoreFlags, ['--into', 'http://x'], /--into must be like postgres:/],
] as const) {
  test(`a wrong flag of npm run backup is named and the usage shown: ${args.join(' ')}`, (t) => {
    const error = t.throws(() => read(args), { message: complaint })
    t.regex(error.message, /Usage: npm run backup/)
  })
}
