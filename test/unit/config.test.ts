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

test('an unknown flag is refused with the known ones', (t) => {
  t.throws(() => readGatewayConfig(env, ['--prot', '1']), { message: /--port[\s\S]*--instance[\s\S]*--host/ })
})

test('demo mode is refused in production unless forced', (t) => {
  t.throws(() => readGatewayConfig({ ...env, NODE_ENV: 'production' }, []), { message: /refused in production/ })
  t.is(readGatewayConfig({ ...env, NODE_ENV: 'production', FORCE_DEMO: '1' }, []).AUTH, 'demo')
})

test('without AUTH only verified tokens count, and a key to verify them is needed', (t) => {
  const { AUTH: _, ...rest } = env
  t.throws(() => readGatewayConfig(rest, []), { message: /JWT_PUBLIC_KEY/ })
})

test('single rate limits can be raised, unknown ones are refused', (t) => {
  const config = readGatewayConfig({ ...env, RATE_LIMIT_MAXIMA: 'my-bookings=20,sell=600' }, [])
  t.is(config.quotas?.['my-bookings'], 20)
  t.like(config, { quotas: { sell: 600, search: 6_000 } })
  t.throws(() => readGatewayConfig({ ...env, RATE_LIMIT_MAXIMA: 'selling=1' }, []), { message: /no class selling/ })
  t.is(readGatewayConfig({ ...env, RATE_LIMITS: 'off' }, []).quotas, null)
})

test('a wrong Redis URL is answered with the forms it may have', (t) => {
  t.throws(() => readGatewayConfig({ ...env, REDIS_URL: 'redis+sentinel://host:26379' }, []), {
    message: /REDIS_URL: must be redis:\/\/.*redis\+sentinel:\/\/.*redis\+cluster:\/\//,
  })
})

test('a gateway joins the running system as itself, unless it is told of another NATS', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-config-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const nats_urls = { gateway: 'nats://gateway:its-own@here:4222', operator: 'nats://operator:more@here:4222' }
  writeFileSync(join(directory, 'running.json'), JSON.stringify({ pid: process.pid, nats_urls, processes: [] }))
  const { NATS_URL: _, ...others } = { ...env, DATA_DIR: directory }
  t.is(readGatewayConfig(others, []).NATS_URL, nats_urls.gateway)
  t.is(readGatewayConfig({ ...others, NATS_URL: 'nats://mine:4222' }, []).NATS_URL, 'nats://mine:4222')
})

test('a wrong NATS_URL is named without its password', (t) => {
  const wrong = { ...env, NATS_URL: 'amqp://gateway:secret@here:4222' }
  const error = t.throws(() => readGatewayConfig(wrong, []), { message: /NATS_URL: must be nats:\/\/user/ })
  t.notRegex(error?.message ?? '', /secret/)
})

test('CORS_ORIGINS is * alone or a list of origins as browsers send them', (t) => {
  t.deepEqual(readGatewayConfig(env, []).CORS_ORIGINS, [])
  for (const [setting, origins] of [
    ['*', ['*']],
    ['https://shop.example, http://localhost:3000', ['https://shop.example', 'http://localhost:3000']],
  ] as const) {
    t.deepEqual(readGatewayConfig({ ...env, CORS_ORIGINS: setting }, []).CORS_ORIGINS, [...origins])
  }
  for (const wrong of [
    'shop.example',
    '*,https://shop.example',
    'https://shop.example/',
    'null',
    'https://Shop.example',
  ]) {
    t.throws(() => readGatewayConfig({ ...env, CORS_ORIGINS: wrong }, []), {
      message: /CORS_ORIGINS: must be \* alone, or origins/,
    })
  }
})

for (const [args, hint] of [
  [['-port=8080'], /Unknown option '-port=8080'\. Did you mean --port=8080\?/],
  [['-port', '8080'], /'-port'\. Did you mean --port\?/],
  [['--prot', '8080'], /'--prot'\. Did you mean --port\?/],
  [['--Port=8080'], /'--Port=8080'\. Did you mean --port=8080\?/],
  [['--gateway', '2'], /'--gateway'\. Did you mean --gateways\?/],
  [['–observe'], /'–observe'\. Did you mean --observe\?/],
  [['port=8080'], /'port=8080'\. Did you mean --port=8080\?/],
  [['8080'], /npm passes on only what follows --: npm start -- --flag value/],
] as const) {
  test(`a mistyped flag is answered with the right one: ${args.join(' ')}`, (t) => {
    t.throws(() => parseFlags(args), { message: hint })
  })
}

test('a flag that is near to none gets no advice but the usage', (t) => {
  const error = t.throws(() => parseFlags(['--colour', 'red']))
  t.regex(error.message, /Unknown option '--colour'\.\n\nUsage: npm start/)
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
  t.regex(refusal('seats=7'), /there is no rule seats; there are commands, /)
  t.is(refusal('provider-inbox=1'), 'provider-inbox must be at least 3')
  t.regex(refusal('holds=soon'), /must be like holds=7,payments=5000, not holds=soon/)
  t.regex(refusal('payments=3650'), /payments must be kept at least 365 days longer than bookings/)
  t.regex(refusal('charges=5000'), /charges must not be kept longer than payments/)
})
