import test from 'ava'
import pg from 'pg'
import { readTestConfig } from '../support/config.ts'
import { composeFile, composeText, readCompose } from './deployment/compose-file.ts'
import { composeFaults } from './deployment/compose-rules.ts'

async function faultsOf(text: string): Promise<string[]> {
  const read = await readCompose(text)
  return 'refused' in read ? [read.refused] : composeFaults(read.file)
}

test('compose starts every process confined, limited, watched and told nothing that it does not know', async (t) => {
  t.deepEqual(await faultsOf(composeText()), [])
})

test('the system sells without the profiles that watch it', async (t) => {
  const read = await readCompose(composeText(), ['core'])
  const services = 'refused' in read ? read.refused : Object.keys(read.file.services).sort()
  t.deepEqual(services, [
    ...['auditor', 'booking-worker', 'edge', 'event-worker', 'gateway', 'migrate', 'nats', 'nats-folder'],
    ...['payment-sandbox', 'postgres', 'purchase-worker', 'redis'],
  ])
})

test('PostgreSQL in compose is told what the one of npm start is told', async (t) => {
  const { postgres } = (await composeFile()).services
  const settings = (postgres?.command ?? []).slice(1).map((part) => part.replace(/^--/, '').split('='))
  const client = new pg.Client({ connectionString: readTestConfig().postgresUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  t.teardown(() => client.end())
  const names = settings.map(([name]) => name)
  const { rows } = await client.query({
    text: 'SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name',
    values: [names],
    rowMode: 'array',
  })
  t.deepEqual(rows, settings)
  t.deepEqual(names, ['max_connections', 'timezone', 'log_timezone', 'jit'])
  const made = await client.query(
    `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate AS locale FROM pg_database WHERE datname = 'template1'`,
  )
  const { encoding, locale } = made.rows[0]
  t.true(postgres?.environment?.POSTGRES_INITDB_ARGS?.startsWith(`--encoding=${encoding} --locale=${locale}`))
})

interface Mistake {
  readonly mistake: string
  readonly from: string
  readonly to: string
  readonly found: RegExp
}

const mistakes: readonly Mistake[] = [
  { mistake: 'a misspelt member', from: 'stop_grace_period: 30s', to: 'stop_grace_periode: 30s', found: /not allowed/ },
  {
    mistake: 'a password that nobody asks for',
    from: 'REDIS_PASSWORD:?',
    to: 'REDIS_PASSWROD:?',
    found: /REDIS_PASSWROD/,
  },
  {
    mistake: 'an unknown setting',
    from: 'TRUSTED_PROXIES:',
    to: 'TRUSTED_PROXY:',
    found: /does not know TRUSTED_PROXY/,
  },
  { mistake: 'a wrong value', from: 'METRICS_PORT: "9464"', to: 'METRICS_PORT: "94640"', found: /METRICS_PORT/ },
  { mistake: 'a missing setting', from: '      PAYMENT_URL: *payment-url\n', to: '', found: /PAYMENT_URL/ },
  {
    mistake: 'another port than the server',
    from: '@nats:4222',
    to: '@nats:4223',
    found: /nats does not listen on 4223/,
  },
  { mistake: 'a host that is none', from: '@postgres:5432', to: '@database:5432', found: /there is no database/ },
  { mistake: 'no way to a server', from: 'networks: [front, back]', to: 'networks: [front]', found: /no way to nats/ },
  { mistake: 'a probe of another port', from: '9464/livez', to: '9465/livez', found: /health check asks port 9465/ },
  { mistake: 'a probe of another path', from: '8080/readyz', to: '8080/ready', found: /health check asks \/ready/ },
  {
    mistake: 'an image of the latest version',
    from: 'redis:8.2.2-bookworm',
    to: 'redis:latest',
    found: /redis:latest is not pinned/,
  },
  { mistake: 'an image without a tag', from: 'nginx:1.28.0-alpine', to: 'nginx', found: /nginx is not pinned/ },
  {
    mistake: 'a server without a limit of memory',
    from: 'memory: 2g, ',
    to: '',
    found: /postgres: no limit of memory/,
  },
  { mistake: 'a server that runs as root', from: 'user: "101:101"', to: 'user: "0:0"', found: /edge: runs as root/ },
  {
    mistake: 'containers that may write into their image',
    from: 'read_only: true',
    to: 'read_only: false',
    found: /may write into its image/,
  },
  {
    mistake: 'containers that keep capabilities',
    from: 'cap_drop: [ALL]',
    to: 'cap_drop: [CHOWN]',
    found: /keeps capabilities/,
  },
  {
    mistake: 'a worker without a health check',
    from: '    healthcheck: *check-worker\n',
    to: '',
    found: /event-worker: no health check/,
  },
  {
    mistake: 'no time to finish',
    from: 'stop_grace_period: 30s',
    to: 'stop_grace_period: 10s',
    found: /is killed before/,
  },
  {
    mistake: 'a worker that waits for the start of NATS only',
    from: 'nats: { condition: service_healthy }',
    to: 'nats: { condition: service_started }',
    found: /does not wait until nats/,
  },
  {
    mistake: 'a gateway with a fixed name',
    from: '  gateway:\n    <<: *application\n',
    to: '  gateway:\n    <<: *application\n    container_name: gateway\n',
    found: /one container only/,
  },
  {
    mistake: 'a gateway on a fixed port of the machine',
    from: '  gateway:\n    <<: *application\n',
    to: '  gateway:\n    <<: *application\n    ports: ["127.0.0.1:8081:8080"]\n',
    found: /gateway: a fixed port/,
  },
  {
    mistake: 'one name for all replicas',
    from: 'gateway-$$HOSTNAME',
    to: 'gateway-1',
    found: /one name for all replicas/,
  },
  { mistake: 'a page open to everybody', from: '127.0.0.1:3000:3000', to: '3000:3000', found: /port 3000 is open/ },
  {
    mistake: 'a file that is not there',
    from: './nginx/gateway.conf',
    to: './nginx/gateways.conf',
    found: /gateways\.conf does not exist/,
  },
  {
    mistake: 'a dependency that is none',
    from: 'condition: service_completed_successfully',
    to: 'condition: service_done',
    found: /service_done|must be/,
  },
]

for (const { mistake, from, to, found } of mistakes) {
  test(`compose with ${mistake} is found out`, async (t) => {
    const text = composeText()
    t.true(text.includes(from), `there is no ${from} any more`)
    t.regex((await faultsOf(text.replace(from, to))).join('\n'), found)
  })
}
