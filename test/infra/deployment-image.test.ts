import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { promisify } from 'node:util'
import anyTest, { type TestFn } from 'ava'
import type { NatsUser } from '#shared/process/config.ts'
import { projectRoot } from '../../infra/config.ts'
import { createTestDatabase } from '../support/database.ts'
import { ask } from '../support/http.ts'
import { startTestNats, startTestRedis } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { buildContext } from './deployment/build-context.ts'
import { composeFile } from './deployment/compose-file.ts'
import { type RunningContainer, runContainer } from './deployment/container.ts'
import { type ContainerImage, followDockerfile } from './deployment/container-image.ts'

/* No image is built here: the Dockerfile is followed in folders of this machine (see `container-image.ts`). */

const run = promisify(execFile)
const test = anyTest as TestFn<{ readonly image: ContainerImage }>

test.before('following the Dockerfile', async (t) => {
  t.timeout(180_000)
  t.context = { image: await followDockerfile() }
})

test('the image is made of the sources that run, and nothing else', async (t) => {
  const files = await buildContext(projectRoot)
  const places = new Set(
    files.map((file) =>
      file
        .split('/')
        .slice(0, file.startsWith('infra/') ? 2 : 1)
        .join('/'),
    ),
  )
  const scripts = [...places].filter((place) => /^infra\/[\w-]+\.ts$/.test(place))
  const others = [...places].filter((place) => !scripts.includes(place))
  t.deepEqual(others.sort(), [
    '.npmrc',
    'gateway',
    'infra/audit',
    'infra/payment-sandbox',
    'infra/system/servers',
    'infra/warm-compile-cache.sh',
    'package-lock.json',
    'package.json',
    'shared',
    'workers',
  ])
  t.true(scripts.includes('infra/migrate.ts'))
  t.deepEqual(
    files.filter((file) => file.endsWith('.md')),
    [],
  )
})

test('the image has one Node, the one of the lockfile, and no tools of developers', async (t) => {
  const { directory, environment } = t.context.image
  const { stdout } = await run('node', ['--version'], { cwd: directory, env: { ...environment } })
  t.is(stdout.trim(), process.version)
  t.is(globSync('node_modules/**/bin/node', { cwd: directory }).length, 1)
  t.deepEqual(globSync('node_modules/{typescript,ava,@biomejs}', { cwd: directory }), [])
})

test('its code is compiled when it starts', (t) => {
  t.true(globSync('compile-cache/*/*', { cwd: t.context.image.directory }).length > 100)
})

test('an ordinary user migrates, and runs gateway and worker from it, with what compose tells them', async (t) => {
  const { image } = t.context
  const { services } = await composeFile()
  const [nats, redis, database] = await Promise.all([
    startTestNats(),
    startTestRedis(),
    createTestDatabase({ empty: true }),
  ])
  const running: RunningContainer[] = []
  const start = async (name: string, user: NatsUser, hostname: string): Promise<RunningContainer> => {
    const service = services[name]
    if (service === undefined) throw new Error(`compose has no ${name}`)
    const addresses = {
      NATS_URL: nats.urls[user],
      REDIS_URL: redis.url,
      DATABASE_URL: database.url,
      // Port 9 discards: nobody takes spans there.
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    }
    const container = await runContainer({ image, service, hostname, addresses })
    running.push(container)
    return container
  }
  t.teardown(async () => {
    await Promise.all(running.map((container) => container.stop()))
    await Promise.all([nats.stop(), redis.stop(), database.drop()])
  })

  const [command = '', ...args] = services.migrate?.command ?? []
  const options = { cwd: image.directory, env: { ...image.environment, DATABASE_URL: database.url }, ...image.user }
  t.regex((await run(command, args, { ...options, timeout: 20_000 })).stdout, /booking\/001-/)

  const [gateway, worker] = await Promise.all([
    start('gateway', 'gateway', '4f1c9a'),
    start('event-worker', 'event', '77e0b2'),
  ])
  for (const container of [gateway, worker]) {
    await until('it is healthy', () => container.isHealthy(), { timeoutMs: 20_000, everyMs: 200 }).catch((error) =>
      t.fail(`${error.message}\n${container.output()}`),
    )
  }
  const url = `http://127.0.0.1:${gateway.portOf('PORT')}`
  t.is((await ask(`${url}/readyz`)).status, 200)
  t.is((await ask(`${url}/events`)).status, 200)
  const metricsOf = async (container: RunningContainer): Promise<string> =>
    (await ask(`http://127.0.0.1:${container.portOf('METRICS_PORT')}/metrics`)).text
  // What the autoscalers of Kubernetes ask for.
  const ofWorker = await metricsOf(worker)
  t.regex(ofWorker, /^operations_in_flight\{.*instance="event-77e0b2"/m)
  t.regex(ofWorker, /^operations_in_flight_limit\{/m)
  t.regex(await metricsOf(gateway), /^http_server_active_requests\{.*instance="gateway-4f1c9a"/m)

  t.is(await gateway.stop(), 0)
  t.is(await worker.stop(), 0)
  t.false(await gateway.isHealthy())
})
