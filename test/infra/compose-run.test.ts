import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { promisify } from 'node:util'
import anyTest, { type TestFn } from 'ava'
import { projectRoot } from '../../infra/config.ts'
import { buildContext } from './containers/build-context.ts'
import { type ContainerImage, followDockerfile } from './containers/image.ts'
import { runCompose } from './containers/run-compose.ts'
import { exampleSettings } from './deployment/compose-file.ts'

/*
 * No container engine here: the Dockerfile is followed in folders, and the services of compose run in Linux' namespaces, on the
 * programs of this machine. What it has no program for is named below.
 */

const run = promisify(execFile)
const test = anyTest as TestFn<{ readonly image: ContainerImage }>

test.before('following the Dockerfile', async (t) => {
  t.timeout(240_000)
  t.context = { image: await followDockerfile() }
})

test('the image is made of the sources that run, and of no secret, test, benchmark or file of another container', async (t) => {
  const files = await buildContext(projectRoot)
  const tops = new Set(files.map((file) => file.split('/')[0]))
  t.deepEqual([...tops].sort(), [
    '.npmrc',
    'gateway',
    'infra',
    'package-lock.json',
    'package.json',
    'shared',
    'workers',
  ])
  t.deepEqual(
    files.filter(
      (file) =>
        /\.(env|example|md|ya?ml|test\.ts)$|\/(bench|onsale|k8s|grafana)\//.test(file) && !/prometheus/.test(file),
    ),
    [],
  )
})

test('the image has one Node, the one of the lockfile, no tools of developers, and its code is compiled', async (t) => {
  const { root } = t.context.image
  const { stdout } = await run(`${root}/app/node_modules/.bin/node`, ['--version'])
  t.is(stdout.trim(), process.version)
  t.is(globSync('node_modules/**/bin/node', { cwd: `${root}/app` }).length, 1)
  t.deepEqual(globSync('node_modules/{typescript,ava,@biomejs}', { cwd: `${root}/app` }), [])
  t.true(globSync('compile-cache/*/*', { cwd: `${root}/app` }).length > 100)
})

test.serial(
  'compose comes up: every service is healthy, the shop has thirty events and sells one, and is watched',
  async (t) => {
    t.timeout(400_000)
    const { image } = t.context
    const { states, shop, exitCodes, directory } = await runCompose({ image, isShopping: true })
    const inState = (wanted: string): string[] =>
      Object.keys(states)
        .filter((name) => states[name] === wanted)
        .sort()
    const expected = ['healthy', 'completed', 'running', 'not run']
    t.deepEqual(
      Object.values(states).filter((state) => !expected.includes(state)),
      [],
    )
    t.deepEqual(inState('completed'), ['demo', 'migrate', 'nats-folder'])
    t.deepEqual(inState('running'), ['nginx-exporter', 'postgres-exporter', 'redis-exporter'])
    // infra/deploy/README.md says so, too.
    t.deepEqual(inState('not run'), [
      ...['grafana', 'jaeger', 'nats-exporter', 'otel-collector', 'tempo'],
      ...['thanos-querier', 'thanos-sidecar-1', 'thanos-sidecar-2'],
    ])
    t.like(shop, {
      events: 30,
      purchase: 'confirmed',
      bookings: 1,
      deadLinks: [],
      namesItsPort: true,
      blindTargets: [],
    })
    t.regex(shop?.stream ?? '', /^event: \w+|^id: |^retry: |^:/)
    t.deepEqual(shop?.jobs, [
      ...['alertmanager', 'auditor', 'booking-worker', 'event-worker', 'federate', 'gateway'],
      ...['nats', 'nginx', 'otel-collector', 'postgres', 'purchase-worker', 'redis'],
    ])
    // Once, although two Prometheus send it.
    t.is(shop?.alerts.length, 1)
    t.like(shop?.alerts[0], { alertname: 'InstanceDown', job: 'auditor', severity: 'ticket' })
    t.is(shop?.eventsAfterImport, 31)
    t.regex(shop?.backup ?? '', /contents +\d+ rows, 1 tickets/)
    const ours = ['booking-worker', 'event-worker', 'gateway', 'payment-sandbox', 'purchase-worker']
    t.deepEqual(
      ours.map((name) => exitCodes[name]),
      ours.map(() => 0),
    )

    const settings = Object.entries(exampleSettings()).map(([name, value]) => [name, value.replace('p0123', 'p9876')])
    const second = await runCompose({ image, directory, settings: Object.fromEntries(settings), only: ['edge'] })
    t.deepEqual(second.states, { edge: 'healthy' }, 'with other passwords, on the same volumes')
  },
)

/** Planted together where neither waits for the other. The service at fault, what is changed in compose.yaml, what must be said. */
const mistakes: readonly Readonly<Record<string, readonly [from: string, to: string, found: RegExp]>>[] = [
  {
    // A missing volume of files, a volume that belongs to another user, a health check of another port.
    redis: ['      - ./redis:/etc/redis:ro,z\n', '', /^redis ended with 1: .*redis\.conf/s],
    nats: ['chown, "1000:1000"', 'chown, "1001:1001"', /^nats (ended|did not become healthy)/],
    'payment-sandbox': ['8090/ledger', '8091/ledger', /^payment-sandbox did not become healthy/],
  },
  {
    // A missing volume for data, a wrong port.
    postgres: ['      - postgres:/var/lib/postgresql/data\n', '', /^postgres ended with 1: .*(Read-only|could not)/s],
    gateway: ['@nats:4222', '@nats:4223', /^gateway (ended|did not become healthy)/],
  },
  {
    // A wrong user, no way to a server.
    redis: [
      'user: "999:999"\n    command: [sh',
      'user: "1000:1000"\n    command: [sh',
      /^redis ended with 1: .*(denied|Can't open)/s,
    ],
    migrate: ['  migrate:\n', '  migrate:\n    networks: [front]\n', /^migrate ended with 1: .*No database answers/s],
  },
]

// Side by side, after the whole: each waits a minute for what does not come up.
for (const planted of mistakes) {
  const names = Object.keys(planted)
  test(`compose with a mistake in ${names.join(', ')} does not come up there, and says what is wrong`, async (t) => {
    t.timeout(300_000)
    const edits = Object.values(planted).map(([from, to]) => ({ file: 'compose.yaml', from, to }))
    const { states } = await runCompose({ image: t.context.image, edits, only: names, patienceMs: 60_000 })
    for (const [name, [, , found]] of Object.entries(planted)) t.regex(states[name] ?? '', found)
  })
}
