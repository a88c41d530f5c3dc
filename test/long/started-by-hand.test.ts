import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { runScript } from '../support/command.ts'
import { readTestConfig } from '../support/config.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { ask } from '../support/http.ts'
import { type Launcher, launch, readRunning } from '../support/launcher.ts'
import { type Kind, type RunningProcess, startProcess } from '../support/process.ts'
import { createTestDirectory } from '../support/servers.ts'
import { until } from '../support/until.ts'

const patience = { timeoutMs: 50_000 }

let dataDirectory: string
let database: TestDatabase
let launcher: Launcher

test.before(async () => {
  dataDirectory = await createTestDirectory('by-hand')
  database = await createTestDatabase()
  launcher = launch(dataDirectory, ['--port', '0'], { DATABASE_URL: database.url })
  await until('the system is ready', () => launcher.output().includes('Ready after'), patience)
})
test.after.always(async () => {
  launcher.process.kill('SIGTERM')
  await launcher.ended
  await database.drop()
})

function start(kind: Kind, instance: string): Promise<RunningProcess> {
  const { compileCache } = readTestConfig()
  return startProcess({ kind, instance, env: { DATA_DIR: dataDirectory, NODE_COMPILE_CACHE: compileCache } })
}

async function logsOf(instance: string): Promise<string> {
  const { output } = await runScript('infra/logs/command.ts', ['--instance', instance], { DATA_DIR: dataDirectory })
  return output
}

function pidIn(instance: string): number | undefined {
  return readRunning(dataDirectory).processes.find((each) => each.instance === instance)?.pid
}

/** The JSON lines that the launcher has written into the log of an instance. */
function launcherLines(instance: string): Record<string, unknown>[] {
  const lines = readFileSync(join(dataDirectory, 'logs', `${instance}.log`), 'utf8').split('\n')
  return lines.filter((line) => line.includes('"name":"launcher"')).map((line) => JSON.parse(line))
}

test.serial(
  'an instance started by hand is listed with the others and in npm run logs, until it stops or dies',
  async (t) => {
    const [gateway, worker] = await Promise.all([start('gateway', 'gateway-2'), start('booking', 'booking-2')])
    for (const each of [gateway, worker]) {
      await until('it is listed', () => pidIn(each.instance) === each.pid)
      await until('it is shown', () => launcher.output().includes(`process ${each.pid}   joined`))
      t.regex(await logsOf(each.instance), /ready|listening on port/)
    }
    t.is(readRunning(dataDirectory).processes.find(({ pid }) => pid === worker.pid)?.metrics_url, worker.metricsUrl)

    t.is(await gateway.stop(), 0)
    await worker.kill()
    for (const [each, how] of [
      [gateway, 'stopped'],
      [worker, 'died'],
    ] as const) {
      await until('it is listed no longer', () => pidIn(each.instance) === undefined)
      await until('its end is shown', () => launcher.output().includes(`process ${each.pid}   ${how}`))
      t.false(existsSync(join(dataDirectory, 'started-by-hand', `${each.instance}.json`)))
    }
    t.like(launcherLines('booking-2').at(-1), { instance: 'booking-2', level: 40, ended_pid: worker.pid })
  },
)

test.serial(
  'an instance started by hand has a name of its own: the next free one, and never that of another',
  async (t) => {
    const taken = await runScript('workers/booking/main.ts', ['--instance', 'booking-1'], { DATA_DIR: dataDirectory })
    t.is(taken.code, 2)
    t.regex(taken.output, new RegExp(`booking-1 runs already \\(process ${pidIn('booking-1')}\\)`))
    const ended = new AbortController()
    const unnamed = runScript('workers/booking/main.ts', [], { DATA_DIR: dataDirectory }, { kill: ended.signal })
    await until('it is listed', () => pidIn('booking-2') !== undefined, patience)
    ended.abort()
    await t.throwsAsync(unnamed)
    await until('it is listed no longer', () => pidIn('booking-2') === undefined)
  },
)

test.serial(
  'that a process died, of which signal, and when it is started again is a JSON line in its log',
  async (t) => {
    for (const instance of ['event-1', 'redis']) {
      const pid = pidIn(instance) ?? 0
      process.kill(pid, 'SIGKILL')
      await until('it was started again', () => launcherLines(instance).length === 2, patience)
      const [end, again] = launcherLines(instance)
      t.like(end, { instance, level: 40, ended_pid: pid, signal: 'SIGKILL', restart_in_ms: 200 })
      t.like(again, { instance, level: 30, started_pid: pidIn(instance) })
      t.regex(await logsOf(instance), /ended and will be started again.*signal=SIGKILL/)
    }
  },
)

test.serial(
  'the system is not ready while a kind of worker does not answer, and says which; its gateways stay ready for reads',
  async (t) => {
    const [url = ''] = readRunning(dataDirectory).gateways
    await until('all answer', async () => (await ask(`${url}/readyz?verbose`)).status === 200, patience)
    const pid = pidIn('purchase-1') ?? 0
    process.kill(pid, 'SIGSTOP')
    t.teardown(() => process.kill(pid, 'SIGCONT'))
    const verbose = await ask(`${url}/readyz?verbose`)
    t.is(verbose.status, 503)
    t.like(verbose.body, { status: 'not ready', unavailable: ['purchase worker'] })
    t.is((await ask(`${url}/readyz`)).status, 200)
    t.is((await ask(`${url}/events`)).status, 200)
    process.kill(pid, 'SIGCONT')
    await until('it is ready again', async () => (await ask(`${url}/readyz?verbose`)).status === 200, patience)
  },
)
