import { randomUUID } from 'node:crypto'
import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { findBackup, listBackups } from '../../infra/ops/backup/backups.ts'
import { fromBackup } from '../../infra/ops/backup/bring-back.ts'
import { dumpFolder } from '../../infra/ops/backup/dump.ts'
import { withDatabase } from '../../infra/with-database.ts'
import { backUpInto, drillOf, restoreInto, runBackupCommand } from '../support/backups.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { forFile } from '../support/for-file.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { createTestDirectory } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { startWebhookReceiver } from '../support/webhook-receiver.ts'

/** A sound backup, of which tests spoil copies. */
let sound: string

const database = forFile(() => createTestDatabase())

test.before(async () => {
  sound = (await backUpOf(database, await createTestDirectory('backups'))).directory
})

function backUpOf({ url }: TestDatabase, directory: string, options: { keep?: number } = {}) {
  return backUpInto({ databaseUrl: url, directory, ...options })
}

async function largestFile(directory: string): Promise<string> {
  const files = await Promise.all(
    (await readdir(join(directory, dumpFolder))).map(async (name) => {
      const file = join(directory, dumpFolder, name)
      return { file, bytes: (await readFile(file)).length }
    }),
  )
  const [largest] = files.sort((one, other) => other.bytes - one.bytes)
  if (largest === undefined) throw new Error('the dump is empty')
  return largest.file
}

async function flipByte(file: string): Promise<void> {
  const bytes = await readFile(file)
  const middle = Math.floor(bytes.length / 2)
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle)
  await writeFile(file, bytes)
}

for (const [damage, spoil, complaint] of [
  ['a file cut short', async (copy) => truncate(await largestFile(copy), 100), /dump\/\S+ is not as it was written/],
  ['a flipped bit', async (copy) => flipByte(await largestFile(copy)), /dump\/\S+ is not as it was written/],
  ['a missing file', async (copy) => rm(await largestFile(copy)), /dump\/\S+ is missing/],
  ['a changed manifest', (copy) => flipByte(join(copy, 'manifest.json')), /manifest\.json is not as it was written/],
  ['no checksums', (copy) => rm(join(copy, 'SHA256SUMS')), /SHA256SUMS cannot be read/],
  ['checksums cut to nothing', (copy) => truncate(join(copy, 'SHA256SUMS'), 0), /SHA256SUMS is empty/],
] as const satisfies [string, (copy: string) => Promise<void>, RegExp][]) {
  test(`a backup with ${damage} is refused`, async (t) => {
    const copy = join(await createTestDirectory('damaged'), '2026-01-01T00-00-00.000Z')
    await cp(sound, copy, { recursive: true })
    await spoil(copy)
    const error = await t.throwsAsync(() => drillOf(fromBackup(copy)), { message: complaint })
    t.regex(error?.message ?? '', /is damaged and must not be used/)
  })
}

test('the command of the drill says what is wrong with a damaged backup and ends with exit code 1', async (t) => {
  const folder = await createTestDirectory('damaged')
  const copy = join(folder, '2026-01-01T00-00-00.000Z')
  await cp(sound, copy, { recursive: true })
  await flipByte(await largestFile(copy))
  const { code, output } = await runBackupCommand({ args: ['drill', '--from', folder] })
  t.is(code, 1)
  t.regex(output, /is damaged and must not be used:\n {2}dump\/\S+ is not as it was written\n/)
  t.notRegex(output, /\n\s+at /)
})

test('a killed backup does not count, and the next one is made beside it', async (t) => {
  const [source, directory] = [await createTestDatabase(), await createTestDirectory('backups')]
  t.teardown(() => source.drop())
  await withDatabase(source.url, async (own) => {
    // The backup waits for this table, and so cannot end before it is killed.
    await own.query('BEGIN; LOCK TABLE booking.tickets IN ACCESS EXCLUSIVE MODE')
    const kill = new AbortController()
    const killed = runBackupCommand({
      args: ['--to', directory],
      env: { DATABASE_URL: source.url },
      kill: kill.signal,
    })
    const begun = async () => (await readdir(directory)).some((name) => name.endsWith('.unfinished'))
    await until('it has begun to write', begun, { timeoutMs: 20_000 })
    kill.abort()
    await t.throwsAsync(killed)
  })
  const [left = ''] = await readdir(directory)
  t.regex(left, /\.unfinished$/)
  t.deepEqual(await listBackups(directory), [])
  await t.throwsAsync(() => findBackup(directory), { message: /There is no backup in/ })
  await t.throwsAsync(() => findBackup(join(directory, left)), { message: /is no backup/ })
  const next = await backUpOf(database, directory)
  t.is(await findBackup(directory), next.directory)
})

test('a backup that is stopped leaves nothing', async (t) => {
  const directory = await createTestDirectory('backups')
  const stop = new AbortController()
  const stopped = backUpInto({
    databaseUrl: database.url,
    directory,
    stopping: stop.signal,
    say: (line) => line.startsWith('Backing up') && stop.abort(),
  })
  await t.throwsAsync(stopped, { message: /^Stopped\. Nothing was kept/ })
  t.deepEqual(await readdir(directory), [])
})

test('an older backup is removed once `--keep` newer ones exist', async (t) => {
  const directory = await createTestDirectory('backups')
  const first = await backUpOf(database, directory, { keep: 2 })
  const second = await backUpOf(database, directory, { keep: 2 })
  t.deepEqual(second.removed, [])
  const third = await backUpOf(database, directory, { keep: 2 })
  t.deepEqual(third.removed, [first.directory.slice(directory.length + 1)])
  t.is((await listBackups(directory)).length, 2)
})

test('a restore refuses a database that is not empty, and leaves it unchanged', async (t) => {
  const target = await createTestDatabase()
  const error = await t.throwsAsync(() => restoreInto(target.url, sound), { message: /is not empty/ })
  t.regex(error?.message ?? '', /nothing was changed/)
  await target.drop()
})

test('a database of another system is not backed up', async (t) => {
  const [other, directory] = [await createTestDatabase({ empty: true }), await createTestDirectory('backups')]
  await t.throwsAsync(() => backUpOf(other, directory), { message: /has no table booking\.tickets/ })
  t.deepEqual(await readdir(directory), [])
  await other.drop()
})

test('a user who may not read everything learns the remedy, and no half backup is left', async (t) => {
  const role = `reader_${randomUUID().replaceAll('-', '')}`
  // Dumps of other tests keep the machine busy.
  const administer = (text: string) =>
    withDatabase(database.url, (client) => client.query(text), { connectionTimeoutMillis: 30_000 })
  await administer(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`)
  const directory = await createTestDirectory('backups')
  const url = new URL(database.url)
  url.username = role
  url.password = role
  await t.throwsAsync(() => backUpInto({ databaseUrl: url.href, directory }), {
    message: /permission denied for .*\nLet the user of DATABASE_URL read everything: GRANT pg_read_all_data/s,
  })
  t.deepEqual(await readdir(directory), [])
  await administer(`GRANT pg_read_all_data TO ${role}`)
  await backUpInto({ databaseUrl: url.href, directory })
  t.is((await listBackups(directory)).length, 1)
  await administer(`DROP ROLE ${role}`)
})

test('a drill sends no callbacks about restored charges', async (t) => {
  t.timeout(120_000)
  const [receiver, source] = [await startWebhookReceiver(), await createTestDatabase()]
  t.teardown(async () => {
    await receiver.stop()
    await source.drop()
  })
  const db = openPostgres(source.url)
  await db.query('INSERT INTO sandbox.webhook_endpoint (url) VALUES ($1)', [receiver.url])
  await db.query(
    `INSERT INTO sandbox.callbacks (event_id, copy, body, due_at) VALUES (gen_random_uuid(), 1, '{}', now())`,
  )
  await db.close()
  const backup = await backUpOf(source, await createTestDirectory('backups'))
  await drillOf(fromBackup(backup.directory), { settleWithinMs: 0 })
  t.deepEqual(receiver.received, [])
})

test('a database that does not answer is named, without its password', async (t) => {
  const error = await t.throwsAsync(async () =>
    backUpInto({
      databaseUrl: 'postgres://somebody:secret@127.0.0.1:9/shop',
      directory: await createTestDirectory('backups'),
    }),
  )
  t.regex(error?.message ?? '', /^No database answers for shop at 127\.0\.0\.1:9: /)
  t.notRegex(error?.message ?? '', /secret/)
})
