import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import pg from 'pg'
import { isAlive } from '#shared/process/config.ts'
import type { RunningFile } from '../../infra/system/launcher/data-folder.ts'
import { runScript } from '../support/command.ts'
import { readTestConfig } from '../support/config.ts'
import { ask } from '../support/http.ts'
import { type Launcher, launch, readRunning } from '../support/launcher.ts'
import { type Kind, type RunningProcess, startProcess } from '../support/process.ts'
import { createTestDirectory } from '../support/servers.ts'
import { until } from '../support/until.ts'

/* One `npm start` from its begin to its end. */

const patience = { timeoutMs: 50_000 }

let dataDirectory: string
let launcher: Launcher
let running: RunningFile

const trace = (...args: string[]) => runScript('infra/ops/trace/command.ts', args, { DATA_DIR: dataDirectory })

test.before(async () => {
  dataDirectory = await createTestDirectory('launcher')
})
test.after.always(async () => {
  launcher?.process.kill('SIGTERM')
  await launcher?.ended
})

test.serial('one command brings up a system that sells', async (t) => {
  const before = await trace('my-purchase')
  t.is(before.code, 1)
  t.regex(before.output, /No system is running/)
  launcher = launch(dataDirectory, ['--port', '0', '--instance', 'front-3'], { OTEL_SDK_DISABLED: 'false' })
  await until('the system is ready', () => launcher.output().includes('Ready after'), patience)

  running = readRunning(dataDirectory)
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
  const shown = launcher.output().match(/http:\/\/[^\s)]+/g) ?? []
  t.true(shown.length >= 5)
  const purchase = `${running.gateways[0]}/purchase`
  for (const url of shown.filter((each) => each !== purchase)) t.true((await fetch(url)).ok, url)
  t.is((await fetch(purchase, { method: 'POST' })).status, 201)
  const events = await fetch(`${running.gateways[0]}/events`)
  t.is(events.headers.get('access-control-allow-origin'), '*', 'pages of any origin may read the catalogue')
})

function start(kind: Kind, instance: string): Promise<RunningProcess> {
  const { compileCache } = readTestConfig()
  return startProcess({ kind, instance, env: { DATA_DIR: dataDirectory, NODE_COMPILE_CACHE: compileCache } })
}

async function logsOf(instance: string): Promise<string> {
  const { output } = await runScript('infra/ops/logs/command.ts', ['--instance', instance], { DATA_DIR: dataDirectory })
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

test.serial('an instance started by hand is listed, also in npm run logs, until it stops or dies', async (t) => {
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
})

test.serial('an instance started by hand takes the next free name, never that of another', async (t) => {
  const taken = await runScript('workers/booking/main.ts', ['--instance', 'booking-1'], { DATA_DIR: dataDirectory })
  t.is(taken.code, 2)
  t.regex(taken.output, new RegExp(`booking-1 is already running \\(process ${pidIn('booking-1')}\\)`))
  const ended = new AbortController()
  const unnamed = runScript(
    'workers/booking/main.ts',
    [],
    { DATA_DIR: dataDirectory },
    { kill: ended.signal, ...patience },
  )
  await until('it is listed', () => pidIn('booking-2') !== undefined, patience)
  ended.abort()
  await t.throwsAsync(unnamed)
  await until('it is listed no longer', () => pidIn('booking-2') === undefined)
})

test.serial('the log of a process has a JSON line for its death, with the signal, and for its restart', async (t) => {
  for (const instance of ['event-1', 'redis']) {
    const pid = pidIn(instance) ?? 0
    process.kill(pid, 'SIGKILL')
    await until('it was started again', () => launcherLines(instance).length === 2, patience)
    const [end, again] = launcherLines(instance)
    t.like(end, { instance, level: 40, ended_pid: pid, signal: 'SIGKILL', restart_in_ms: 200 })
    t.like(again, { instance, level: 30, started_pid: pidIn(instance) })
    await until('the launcher says so', () => launcher.output().includes(`[${instance}] is back`), patience)
    t.regex(await logsOf(instance), /ended and will be started again.*signal=SIGKILL/)
  }
})

test.serial('while a kind of worker does not answer the system is not ready, but its gateways are', async (t) => {
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
})

test.serial('a second system on the same data is refused, and the first is named', async (t) => {
  const second = launch(dataDirectory, ['--port', '0'])
  t.is(await second.ended, 1)
  t.true(second.output().includes(`process ${running.pid}`))
  t.true(second.output().includes(running.gateways[0] ?? '-'))
})

test.serial('one command shows all that was done for a request, by every process', async (t) => {
  t.deepEqual(running.tracing, { otlp_url: null, sample_ratio: '1' })
  const buy = (requestId: string) =>
    fetch(`${running.gateways[0]}/purchase`, { method: 'POST', headers: { 'x-request-id': requestId } })

  t.is((await buy('my-purchase')).status, 201)
  let output = ''
  // A busy process sends its spans later than the command waits for them.
  await until(
    'its spans are there',
    async () => {
      output = (await trace('my-purchase')).output
      const instances = ['front-3', 'purchase-1', 'booking-1', 'payment-sandbox-1']
      return instances.every((instance) => output.includes(instance)) && !output.includes('was not recorded')
    },
    patience,
  )
  t.is((await trace('my-purchase')).code, 0)
  t.regex(output, /^POST \/purchase {3}201 {3}answered in/)
  t.regex(output, /└─ process ticketing\.v1\.purchase\.purchase-hold/)

  const list = await trace()
  t.regex(list.output, /POST \/purchase .* my-purchase\n/)
  const unknown = await trace('never-sent')
  t.is(unknown.code, 1)
  t.regex(unknown.output, /No request never-sent is known/)
})

test.serial('a stopped system leaves nothing behind but its data, and its traces can still be read', async (t) => {
  const after = readRunning(dataDirectory).processes
  launcher.process.kill('SIGTERM')
  t.is(await launcher.ended, 0)
  for (const { pid, instance } of after) t.false(isAlive(pid), instance)
  t.false(existsSync(join(dataDirectory, 'running.json')))
  const timeOf = (instance: string, message: string): string => {
    const lines = readFileSync(join(dataDirectory, 'logs', `${instance}.log`), 'utf8')
      .trim()
      .split('\n')
    return lines.map((line) => JSON.parse(line)).findLast(({ msg }) => msg === message).time
  }
  t.true(timeOf('front-3', 'stopped') <= timeOf('booking-1', 'stopping'), 'clients stop before their servers')
  const afterwards = await trace('my-purchase')
  t.is(afterwards.code, 0)
  const traceId = /trace ([\da-f]{32})/.exec(afterwards.output)?.[1] ?? ''
  t.is((await trace(traceId)).output, afterwards.output)
})
