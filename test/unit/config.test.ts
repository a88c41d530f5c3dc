import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { ConfigurationError } from '#shared/process/config.ts'
import { defaultRetentionDays, retentionDays } from '#shared/retention/periods.ts'
import { readGatewayConfig } from '../../gateway/config.ts'
import { parseLogFlags } from '../../infra/ops/logs/flags.ts'
import { parseFlags } from '../../infra/system/launcher/flags.ts'

const env = {
  DATA_DIR: '/nowhere',
  NATS_URL: 'nats://localhost:4222',
  REDIS_URL: 'redis://localhost:6379',
  AUTH: 'demo',
  SESSION_SECRET: 'x'.repeat(32),
}

test('flags count more than the environment', (t) => {
  const config = readGatewayConfig({ ...env, PORT: '1' }, ['--port', '8081', '--instance', 'gateway-2'])
  t.like(config, { PORT: 8081, INSTANCE: 'gateway-2' })
})

test('every wrong setting is named at once', (t) => {
  const error = t.throws(() => readGatewayConfig({ ...env, REDIS_URL: 'http://x', PORT: '99999', AUTH: 'maybe' }, []), {
    instanceOf: ConfigurationError,
  })
  for (const name of ['REDIS_URL', 'PORT', 'AUTH']) t.true(error?.message.includes(name), error?.message)
})

test('a wrong setting is answered with what it may be', (t) => {
  for (const [setting, complaint] of [
    [{ NODE_ENV: 'production' }, /refused in production/],
    // Then only verified tokens count.
    [{ AUTH: undefined }, /JWT_PUBLIC_KEY/],
    [{ RATE_LIMIT_MAXIMA: 'selling=1' }, /unknown rate class selling/],
    [{ RATE_LIMIT_MAXIMA: 'my-bookings=0' }, /RATE_LIMIT_MAXIMA: .*at least 1/],
    [
      { REDIS_URL: 'redis+sentinel://host:26379' },
      /REDIS_URL: must be redis:\/\/.*redis\+sentinel:\/\/.*redis\+cluster:\/\//,
    ],
    [{ NATS_URL: 'amqp://gateway:secret@here:4222' }, /NATS_URL: must be nats:\/\/user/],
    ...['shop.example', '*,https://shop.example', 'https://shop.example/', 'null', 'https://Shop.example'].map(
      (origins) => [{ CORS_ORIGINS: origins }, /CORS_ORIGINS: must be \* alone, or origins/] as const,
    ),
  ] as const) {
    const error = t.throws(() => readGatewayConfig({ ...env, ...setting }, []), { message: complaint })
    t.notRegex(error?.message ?? '', /secret@|:secret/, 'no password')
  }
  t.throws(() => readGatewayConfig(env, ['--prot', '1']), { message: /--port[\s\S]*--instance[\s\S]*--host/ })
})

test('demo mode in production is forced, single limits are raised, and origins are listed, by settings', (t) => {
  t.is(readGatewayConfig({ ...env, NODE_ENV: 'production', FORCE_DEMO: '1' }, []).AUTH, 'demo')
  const { quotas } = readGatewayConfig({ ...env, RATE_LIMIT_MAXIMA: 'my-bookings=20,sell=600' }, [])
  t.like(quotas, { 'my-bookings': 20, sell: 600, search: 6_000 })
  t.is(readGatewayConfig({ ...env, RATE_LIMITS: 'off' }, []).quotas, null)
  t.deepEqual(readGatewayConfig(env, []).CORS_ORIGINS, [])
  t.deepEqual(readGatewayConfig({ ...env, CORS_ORIGINS: '*' }, []).CORS_ORIGINS, ['*'])
  const origins = ['https://shop.example', 'http://localhost:3000']
  t.deepEqual(readGatewayConfig({ ...env, CORS_ORIGINS: origins.join(', ') }, []).CORS_ORIGINS, origins)
})

test('a gateway joins the running system as itself, unless NATS_URL names another NATS', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-config-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const nats_urls = { gateway: 'nats://gateway:its-own@here:4222', operator: 'nats://operator:more@here:4222' }
  const secrets = {
    session_secret: 's'.repeat(32),
    waiting_room_secret: 'w'.repeat(32),
    organiser_key: `org_${'k'.repeat(32)}`,
    door_key: `door_${'k'.repeat(32)}`,
  }
  writeFileSync(
    join(directory, 'running.json'),
    JSON.stringify({ pid: process.pid, nats_urls, ...secrets, processes: [] }),
  )
  const { NATS_URL: _, ...others } = { ...env, DATA_DIR: directory }
  t.is(readGatewayConfig(others, []).NATS_URL, nats_urls.gateway)
  t.is(readGatewayConfig({ ...others, NATS_URL: 'nats://mine:4222' }, []).NATS_URL, 'nats://mine:4222')
  const { SESSION_SECRET: _session, ...withoutSecrets } = others
  t.like(readGatewayConfig(withoutSecrets, []), {
    SESSION_SECRET: secrets.session_secret,
    WAITING_ROOM_SECRET: secrets.waiting_room_secret,
    ORGANISER_KEY: secrets.organiser_key,
    DOOR_KEY: secrets.door_key,
  })
})

test('without flags npm start starts one gateway on 127.0.0.1:8080 and one worker of each kind', (t) => {
  const place = { port: 8080, host: '127.0.0.1', instance: 'gateway-1' }
  t.deepEqual(parseFlags([]), { ...place, gateways: 1, workers: 1, observe: false })
})

test('a wrong flag of npm start is named with what is right, and the usage shown', (t) => {
  for (const [args, complaint] of [
    [['-port=8080'], /Unknown option '-port=8080'\. Did you mean --port=8080\?/],
    [['-port', '8080'], /'-port'\. Did you mean --port\?/],
    [['--prot', '8080'], /Unknown option '--prot'\. Did you mean --port\?/],
    [['--Port=8080'], /'--Port=8080'\. Did you mean --port=8080\?/],
    [['--gateway', '2'], /'--gateway'\. Did you mean --gateways\?/],
    [['–observe'], /'–observe'\. Did you mean --observe\?/],
    [['port=8080'], /'port=8080'\. Did you mean --port=8080\?/],
    [['8080'], /npm passes on only the arguments after --: npm start -- --flag value/],
    [['--colour', 'red'], /Unknown option '--colour'\.\n\nUsage/],
    [['--port', 'http'], /--port must be a whole number/],
    [['--port', '65536'], /--port must be a whole number from 0 to 65535/],
    [['--port', '65535', '--gateways', '2'], /--port must be a whole number from 0 to 65534/],
    [['--gateways', '0'], /--gateways must be a whole number from 1/],
    [['--workers', '-1'], /--workers/],
    [['--instance', 'a b'], /--instance must be/],
  ] as const) {
    const error = t.throws(() => parseFlags(args), { message: complaint }, args.join(' '))
    t.regex(error?.message ?? '', /Usage: npm start/)
  }
})

test('a mistyped --no- flag keeps its no-', (t) => {
  t.throws(() => parseLogFlags(['--no-folow']), { message: /'--no-folow'\. Did you mean --no-follow\?/ })
})

const refusal = (text: string): string => retentionDays.safeParse(text).error?.issues[0]?.message ?? 'accepted'

test('RETENTION_DAYS changes the rules that it names, and no other', (t) => {
  t.deepEqual(retentionDays.parse(undefined), defaultRetentionDays)
  t.deepEqual(retentionDays.parse('holds=7,payments=9000'), { ...defaultRetentionDays, holds: 7, payments: 9_000 })
})

test('a rule that does not exist, too few days, and money that goes before its bookings are refused with the reason', (t) => {
  t.regex(refusal('seats=7'), /there is no rule seats; the rules are commands, /)
  t.is(refusal('provider-inbox=1'), 'provider-inbox must be at least 3')
  t.regex(refusal('holds=soon'), /must be like holds=7,payments=5000, not holds=soon/)
  t.regex(refusal('payments=3650'), /payments must be kept at least 365 days longer than bookings/)
  t.regex(refusal('charges=5000'), /charges must not be kept longer than payments/)
})
