import '../support/few-at-a-time.ts'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import test from 'ava'
import type pg from 'pg'
import { parse } from 'yaml'
import { projectRoot } from '../../infra/config.ts'
import { withDatabase } from '../../infra/with-database.ts'
import { bookingSettings } from '../../workers/booking/config.ts'
import { readTestConfig } from '../support/config.ts'
import { edited } from '../support/edits.ts'
import { createTestDirectory } from '../support/servers.ts'
import { composeText, exampleSettings, readCompose } from './deployment/compose-file.ts'
import { composeFaults } from './deployment/compose-rules.ts'
import { outputOf } from './deployment/output-of.ts'
import { type Mistakes, planted } from './deployment/planted.ts'

test('compose starts every process confined, limited, watched and with known settings only', async (t) => {
  t.deepEqual(composeFaults(await readCompose()), [])
})

test('the system sells without the profiles that watch it', async (t) => {
  const { services } = await readCompose({ profiles: ['core'] })
  t.deepEqual(Object.keys(services).sort(), [
    ...['auditor', 'booking-worker', 'edge', 'event-worker', 'gateway', 'migrate', 'nats', 'nats-folder'],
    ...['payment-sandbox', 'postgres', 'purchase-worker', 'redis'],
  ])
})

test('compose without its env file, or with one that is not filled in, says in a sentence which file to fill in', async (t) => {
  const files = ['--env-file', 'infra/deploy/compose.env', '--file', join(projectRoot, 'infra/deploy/compose.yaml')]
  await t.throwsAsync(outputOf('docker-compose', [...files, 'config']), {
    message: /^[^\n]*infra\/deploy\/compose\.env[^\n]*$/,
  })
  await t.throwsAsync(readCompose({ settings: { ...exampleSettings(), REDIS_PASSWORD: '' } }), {
    message:
      /^[^\n]*REDIS_PASSWORD[^\n]*fill in infra\/deploy\/compose\.env, from infra\/deploy\/compose\.env\.example[^\n]*$/,
  })
})

test('the workflow fills in every secret, and ticket keys that the booking worker takes', async (t) => {
  const workflow = parse(readFileSync(join(projectRoot, '.github/workflows/test.yml'), 'utf8'))
  const steps: { name?: string; run?: string }[] = workflow.jobs.compose.steps
  const fillIn = steps.find(({ name }) => name?.startsWith('Fill in'))?.run ?? ''
  const directory = await createTestDirectory('workflow')
  await mkdir(join(directory, 'infra/deploy'), { recursive: true })
  await cp(join(projectRoot, 'infra/deploy/compose.env.example'), join(directory, 'infra/deploy/compose.env.example'))
  const { status, stderr } = spawnSync('bash', ['-e', '-c', fillIn], {
    cwd: directory,
    timeout: 60_000,
    encoding: 'utf8',
  })
  t.is(status, 0, stderr)
  const settings = parseEnv(await readFile(join(directory, 'infra/deploy/compose.env'), 'utf8'))
  await t.notThrowsAsync(readCompose({ settings: settings as Record<string, string> }))
  t.is(bookingSettings.shape.TICKET_KEYS.parse(settings.TICKET_KEYS).length, 1)
})

test('with certificates the edge also listens for TLS', async (t) => {
  const settings = { ...exampleSettings(), TLS_CERTIFICATES: '/etc/ticketing/tls' }
  const file = await readCompose({ others: ['compose.tls.yaml'], settings })
  t.deepEqual(composeFaults(file), [])
  const { ports = [], volumes = [] } = file.services.edge ?? {}
  const mounts = new Map(volumes.map(({ source, target }) => [target, source]))
  t.deepEqual(
    ports.map(({ target }) => target),
    [8080, 8443],
  )
  const [, certificates = ''] = /ssl_certificate (.+)\/tls\.crt;/.exec(deployFile('nginx/tls.conf')) ?? []
  t.is(mounts.get(certificates), '/etc/ticketing/tls')
  const [, folder = ''] = /include (.+)\/\*\.conf;/.exec(deployFile('nginx/nginx.conf')) ?? []
  t.true(mounts.get(`${folder}/tls.conf`)?.endsWith('infra/deploy/nginx/tls.conf'))
})

test('PostgreSQL in compose has the settings of the one of npm start', async (t) => {
  const { postgres } = (await readCompose()).services
  const settings = (postgres?.command ?? []).slice(1).map((part) => part.replace(/^--/, '').split('='))
  const names = settings.map(([name]) => name)
  const read = async (client: pg.Client) => {
    const text = 'SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name'
    const { rows } = await client.query({ text, values: [names], rowMode: 'array' })
    const made = await client.query<{ encoding: string; locale: string }>(
      `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate AS locale FROM pg_database WHERE datname = 'template1'`,
    )
    return { rows, made: made.rows[0] }
  }
  // Other tests keep the machine busy.
  const { rows, made } = await withDatabase(readTestConfig().postgresUrl, read, { connectionTimeoutMillis: 30_000 })
  t.deepEqual(rows, settings)
  t.deepEqual(names, ['max_connections', 'timezone', 'log_timezone', 'jit'])
  t.true(
    postgres?.environment?.POSTGRES_INITDB_ARGS?.startsWith(`--encoding=${made?.encoding} --locale=${made?.locale}`),
  )
})

/** What shows when it runs: `compose-run.test.ts`. */
const mistakes: Mistakes = {
  'compose.yaml': [
    ['stop_grace_period: 30s', 'stop_grace_periode: 30s', /not allowed/],
    ['REDIS_PASSWORD:?', 'REDIS_PASSWROD:?', /REDIS_PASSWROD/],
    ['TRUSTED_PROXIES:', 'TRUSTED_PROXY:', /does not know TRUSTED_PROXY/],
    ['METRICS_PORT: "9464"', 'METRICS_PORT: "94640"', /METRICS_PORT/],
    ['      PAYMENT_URL: *payment-url\n', '', /PAYMENT_URL/],
    ['redis:8.2.9-bookworm', 'redis:latest', /redis:latest is not pinned/],
    ['nginx:1.30.4-alpine', 'nginx', /nginx is not pinned/],
    ['  pull_policy: never\n', '', /would be pulled/],
    ['  event-worker:\n', '  event-worker:\n    build: ..\n', /event-worker: is built besides migrate/],
    ['memory: 2g, ', '', /postgres: no limit of memory/],
    ['user: "101:101"', 'user: "0:0"', /edge: runs as root/],
    ['read_only: true', 'read_only: false', /may write into its image/],
    ['cap_drop: [ALL]', 'cap_drop: [CHOWN]', /keeps capabilities/],
    ['/etc/redis:ro,z', '/etc/redis:ro', /SELinux keeps .+ from it/],
    ['    healthcheck: *check-worker\n', '', /event-worker: no health check/],
    ['stop_grace_period: 30s', 'stop_grace_period: 10s', /is killed before/],
    ['nats: { condition: service_healthy }', 'nats: { condition: service_started }', /does not wait until nats/],
    ['  gateway:\n', '  gateway:\n    container_name: gateway\n', /gateway: a fixed name/],
    ['  gateway:\n', '  gateway:\n    ports: ["127.0.0.1:8081:8080"]\n', /gateway: a fixed port/],
    ['networks: [front, telemetry]', 'networks: { front: { ipv4_address: 172.30.40.10 } }', /edge: a fixed address/],
    ['gateway-$$HOSTNAME', 'gateway-1', /one name for all replicas/],
    ['127.0.0.1:3000:3000', '3000:3000', /port 3000 is open/],
    ['condition: service_completed_successfully', 'condition: service_done', /service_done|must be/],
  ],
}

for (const { title, edit, found } of planted(mistakes)) {
  test(`compose with ${title} is found out`, async (t) => {
    const faults = await readCompose({ text: edited(composeText(), edit) }).then(composeFaults, String)
    t.regex(String(faults), found)
  })
}

function deployFile(name: string): string {
  return readFileSync(join(projectRoot, 'infra', 'deploy', name), 'utf8')
}
