import test from 'ava'
import { ConfigurationError } from '#shared/config.ts'
import { readGatewayConfig } from '../../gateway/config.ts'

const env = {
  DATA_DIR: '/nowhere',
  NATS_URL: 'nats://localhost:4222',
  REDIS_URL: 'redis://localhost:6379',
  AUTH: 'demo',
  SESSION_SECRET: 'x'.repeat(32),
}

test('flags count more than the environment', (t) => {
  const config = readGatewayConfig({ ...env, PORT: '1' }, ['--port', '8081', '--instance', 'gateway-2'])
  t.is(config.port, 8081)
  t.is(config.instance, 'gateway-2')
})

test('every wrong setting is named at once', (t) => {
  const error = t.throws(() => readGatewayConfig({ ...env, REDIS_URL: 'http://x', PORT: '99999', AUTH: 'maybe' }, []), {
    instanceOf: ConfigurationError,
  })
  for (const name of ['REDIS_URL', 'PORT', 'AUTH']) t.true(error?.message.includes(name), error?.message)
})

test('an unknown flag is refused with the known ones', (t) => {
  t.throws(() => readGatewayConfig(env, ['--prot', '1']), { message: /--port, --instance, --host/ })
})

test('demo mode is refused in production unless forced', (t) => {
  t.throws(() => readGatewayConfig({ ...env, NODE_ENV: 'production' }, []), { message: /refused in production/ })
  t.is(readGatewayConfig({ ...env, NODE_ENV: 'production', FORCE_DEMO: '1' }, []).auth, 'demo')
})

test('without AUTH only verified tokens count, and a key to verify them is needed', (t) => {
  const { AUTH: _, ...rest } = env
  t.throws(() => readGatewayConfig(rest, []), { message: /JWT_PUBLIC_KEY/ })
})

test('single rate limits can be raised, unknown ones are refused', (t) => {
  const config = readGatewayConfig({ ...env, RATE_LIMIT_MAXIMA: 'my-bookings=20,sell=600' }, [])
  t.is(config.rateLimits?.['my-bookings'], 20)
  t.is(config.rateLimits?.sell, 600)
  t.is(config.rateLimits?.search, 6_000)
  t.throws(() => readGatewayConfig({ ...env, RATE_LIMIT_MAXIMA: 'selling=1' }, []), { message: /no class selling/ })
  t.is(readGatewayConfig({ ...env, RATE_LIMITS: 'off' }, []).rateLimits, null)
})

test('a wrong Redis URL is answered with the forms it may have', (t) => {
  t.throws(() => readGatewayConfig({ ...env, REDIS_URL: 'redis+sentinel://host:26379' }, []), {
    message: /REDIS_URL: must be redis:\/\/.*redis\+sentinel:\/\/.*redis\+cluster:\/\//,
  })
})
