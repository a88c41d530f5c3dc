import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { howToInstall } from '../../infra/system/programs/programs.ts'
import { startPostgres } from '../../infra/system/servers/postgres.ts'
import { createTestDatabase } from '../support/database.ts'
import { launch } from '../support/launcher.ts'
import { createTestDirectory } from '../support/servers.ts'

/** Starts the system, which must end by itself with exit code 1. Answers what it said last. */
async function failedStart(t: ExecutionContext, dataDirectory: string, settings = {}): Promise<string> {
  const launcher = launch(dataDirectory, ['--port', '0'], settings)
  t.is(await launcher.ended, 1)
  t.notRegex(launcher.output(), /\n\s+at /, 'no stack trace')
  t.deepEqual(leftIn(dataDirectory), [])
  return launcher.output()
}

function leftIn(dataDirectory: string): string[] {
  if (!existsSync(dataDirectory)) return []
  return readdirSync(dataDirectory).filter((name) => name.endsWith('.pid.json') || name === 'running.json')
}

test('a data folder that is a file is named, with the remedy', async (t) => {
  const file = join(await createTestDirectory('folder'), 'data')
  writeFileSync(file, '')
  t.regex(await failedStart(t, join(file, 'data')), /The data folder cannot be made .*\nSet DATA_DIR to another folder/)
})

test('a damaged data folder is named, with the remedy, and nothing in it is replaced', async (t) => {
  const dataDirectory = await createTestDirectory('used')
  await (await startPostgres({ dataDirectory, durable: false })).stop()
  const secrets = join(dataDirectory, 'secrets.json')
  writeFileSync(secrets, '{"SESSION_SECRET": "')
  t.regex(await failedStart(t, dataDirectory), /secrets\.json is damaged: it is not JSON\.\nRestore it, or remove it/)
  rmSync(secrets)
  rmSync(join(dataDirectory, 'postgres', 'global', 'pg_control'))
  const output = await failedStart(t, dataDirectory)
  t.regex(output, /postgres .* ended with exit code \d .*pg_control/s)
  t.regex(output, /\nIf its data is damaged, restore a backup .*, or move .* away to start empty\./)
  t.true(existsSync(join(dataDirectory, 'postgres', 'PG_VERSION')))
})

test('files in the place of the database are left alone', async (t) => {
  const dataDirectory = await createTestDirectory('strange')
  mkdirSync(join(dataDirectory, 'postgres'))
  writeFileSync(join(dataDirectory, 'postgres', 'notes.txt'), 'mine')
  t.regex(await failedStart(t, dataDirectory), /postgres: .* holds files, but no database .*\nIf its data is damaged/)
  t.deepEqual(readdirSync(join(dataDirectory, 'postgres')), ['notes.txt'])
})

test('a full disk is named, with the remedy', async (t) => {
  const mountPoint = await createTestDirectory('full')
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', mountPoint], { stdio: 'ignore' })
  } catch {
    t.log('nobody may mount a small disk here: not tested')
    t.pass()
    return
  }
  t.teardown(() => execFileSync('umount', [mountPoint]))
  const dataDirectory = join(mountPoint, 'data')
  const output = await failedStart(t, dataDirectory)
  t.regex(
    output,
    /The disk of .* is full\.\nFree some space \(df -h .*\), or set DATA_DIR to a folder on another disk\./,
  )
})

test('the message about a missing program names it, and the command for each system', (t) => {
  t.regex(
    howToInstall(['nats-server']),
    /^Missing: nats-server\. Install with one of\n {2}Debian, Ubuntu +sudo apt-get install nats-server/,
  )
})

test('a process that cannot start fails the start with its own words, and the rest is stopped', async (t) => {
  const dataDirectory = await createTestDirectory('launcher')
  const database = await createTestDatabase()
  const launcher = launch(dataDirectory, ['--port', '0'], { HOLD_TTL_MS: 'soon', DATABASE_URL: database.url })
  t.is(await launcher.ended, 1)
  await database.drop()
  t.regex(launcher.output(), /booking-1 ended with exit code 2 before it was ready.*HOLD_TTL_MS/s)
  t.false(existsSync(join(dataDirectory, 'redis.pid.json')))
  t.false(existsSync(join(dataDirectory, 'nats.pid.json')))
})

test('a port that is taken and a flag that does not exist are named, with the remedy, before anything starts', async (t) => {
  const dataDirectory = await createTestDirectory('launcher')
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  t.teardown(() => holder.close())
  const address = holder.address()
  const port = typeof address === 'object' && address ? String(address.port) : ''

  const taken = launch(dataDirectory, ['--port', port])
  t.is(await taken.ended, 1)
  t.true(taken.output().includes(`Port ${port} is taken`))
  t.regex(taken.output(), /--port 0/)

  const misspelt = launch(dataDirectory, ['--prot', port])
  t.is(await misspelt.ended, 1)
  t.regex(misspelt.output(), /Unknown option '--prot'.*Usage: npm start/s)
  t.notRegex(misspelt.output(), /\n\s+at /)
  t.false(existsSync(join(dataDirectory, 'postgres')))
})
