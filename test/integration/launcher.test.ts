import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import pg from 'pg'
import { isAlive } from '#shared/process/config.ts'
import { createTestDatabase } from '../support/database.ts'
import { launch, readRunning } from '../support/launcher.ts'
import { startProcess } from '../support/process.ts'
import { createTestDirectory } from '../support/servers.ts'
import { until } from '../support/until.ts'

const patience = { timeoutMs: 50_000 }

test.serial('one command brings up a system that sells, keeps it up, and leaves nothing behind', async (t) => {
  const dataDirectory = await createTestDirectory('launcher')
  const launcher = launch(dataDirectory, ['--port', '0', '--instance', 'front-3'])
  t.teardown(() => launcher.process.kill('SIGTERM'))
  await until('the system is ready', () => launcher.output().includes('Ready after'), patience)

  const running = readRunning(dataDirectory)
  t.is(statSync(dataDirectory).mode & 0o007, 0, 'others cannot enter the data folder')
  for (const file of readdirSync(dataDirectory).filter((name) => /(password|secret|running)/.test(name))) {
    t.is(statSync(join(dataDirectory, file)).mode & 0o777, 0o600, file)
  }
  for (const [user, url] of Object.entries(running.database_urls)) {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const run = client.query(`COPY (SELECT 1) TO PROGRAM 'cat'`).finally(() => client.end())
    await t.throwsAsync(run, { code: '42501' }, user)
  }
  t.is<number | undefined, number>(launcher.process.pid, running.pid)
  t.deepEqual(running.processes.map(({ instance }) => instance).sort(), [
    'auditor-1',
    'booking-1',
    'event-1',
    'front-3',
    'nats',
    'payment-sandbox-1',
    'postgres',
    'purchase-1',
    'redis',
  ])
  const shown = launcher.output().match(/http:\/\/\S+/g) ?? []
  t.true(shown.length >= 5)
  const purchase = `${running.gateways[0]}/purchase`
  for (const url of shown.filter((each) => each !== purchase)) t.true((await fetch(url)).ok, url)
  t.is((await fetch(purchase, { method: 'POST' })).status, 201)
  const events = await fetch(`${running.gateways[0]}/events`)
  t.is(events.headers.get('access-control-allow-origin'), '*', 'pages of any origin may read the catalogue')

  for (const kind of ['gateway', 'booking'] as const) {
    const joining = await startProcess({ kind, instance: `${kind}-2`, env: { DATA_DIR: dataDirectory } })
    t.is(await joining.stop(), 0, joining.output())
  }

  const second = launch(dataDirectory, ['--port', '0'])
  t.is(await second.ended, 1)
  t.true(second.output().includes(`process ${running.pid}`))
  t.true(second.output().includes(running.gateways[0] ?? '-'))

  const worker = running.processes.find(({ instance }) => instance === 'event-1')
  process.kill(worker?.pid ?? 0, 'SIGKILL')
  await until('the killed worker is back', () => launcher.output().includes('[event-1] is back'), patience)
  const after = readRunning(dataDirectory).processes
  t.not(after.find(({ instance }) => instance === 'event-1')?.pid, worker?.pid)

  launcher.process.kill('SIGTERM')
  t.is(await launcher.ended, 0)
  t.deepEqual(
    after.filter(({ pid }) => isAlive(pid)),
    [],
  )
  t.false(existsSync(join(dataDirectory, 'running.json')))
  const timeOf = (instance: string, message: string): string => {
    const lines = readFileSync(join(dataDirectory, 'logs', `${instance}.log`), 'utf8')
      .trim()
      .split('\n')
    return lines.map((line) => JSON.parse(line)).findLast(({ msg }) => msg === message).time
  }
  t.true(timeOf('front-3', 'stopped') <= timeOf('booking-1', 'stopping'), 'clients stop before their servers')
})

test.serial('a process that cannot start fails the start with its own words, and the rest is stopped', async (t) => {
  const dataDirectory = await createTestDirectory('launcher')
  const database = await createTestDatabase()
  const launcher = launch(dataDirectory, ['--port', '0'], { HOLD_TTL_MS: 'soon', DATABASE_URL: database.url })
  t.is(await launcher.ended, 1)
  await database.drop()
  t.regex(launcher.output(), /booking-1 ended with exit code 2 before it was ready.*HOLD_TTL_MS/s)
  t.false(existsSync(join(dataDirectory, 'redis.pid.json')))
  t.false(existsSync(join(dataDirectory, 'nats.pid.json')))
})

test.serial(
  'a port that is taken and a flag that does not exist are named, with the remedy, before anything starts',
  async (t) => {
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
  },
)
