import test from 'ava'
import { parseNatsUrl, withoutPassword } from '#shared/messaging/nats-url.ts'
import { parseRedisUrl } from '#shared/redis-url.ts'

test('a URL names the server, user and password', (t) => {
  t.deepEqual(parseNatsUrl('nats://gateway:secret@127.0.0.1:4222'), {
    servers: ['nats://127.0.0.1:4222'],
    user: 'gateway',
    password: 'secret',
    encrypted: false,
  })
  t.like(parseNatsUrl('nats://[::1]:4222'), { servers: ['nats://[::1]:4222'], user: '', password: '' })
})

test('a password may have characters that a URL must encode', (t) => {
  t.is(parseNatsUrl('nats://a:p%40ss%2Cw%3Ard%25@x:1').password, 'p@ss,w:rd%')
})

test('the nodes of a cluster are joined by commas; one tls:// encrypts all', (t) => {
  const { servers, user, encrypted } = parseNatsUrl('nats://a:b@x:1,tls://a:b@y:2')
  t.deepEqual(servers, ['nats://x:1', 'nats://y:2'])
  t.deepEqual([user, encrypted], ['a', true])
})

test('anything else is refused without naming the password', (t) => {
  const wrong = [
    '',
    'x:4222',
    'http://a:secret@x',
    'nats://a:secret@',
    'nats://a:secret@x,',
    'nats://a:secret@x,nats://b:secret@y',
  ]
  for (const url of wrong) {
    const error = t.throws(() => parseNatsUrl(url), { instanceOf: TypeError }, url)
    t.notRegex(`${error?.message} ${error?.stack}`, /secret/)
  }
})

test('a URL for people has neither user nor password', (t) => {
  t.is(withoutPassword('nats://a:secret@x:1,nats://a:secret@y:2'), 'nats://x:1,nats://y:2')
})

test('a URL names one server, with or without TLS', (t) => {
  for (const url of ['redis://localhost:6379', 'rediss://user:pw@redis.example:6380/1']) {
    t.deepEqual(parseRedisUrl(url), { kind: 'single', url })
  }
})

test('a URL names Sentinels and the master that they watch', (t) => {
  t.deepEqual(parseRedisUrl('redis+sentinel://sentinel-0:26379,10.0.0.2:26380/ticketing'), {
    kind: 'sentinel',
    nodes: [
      { host: 'sentinel-0', port: 26_379 },
      { host: '10.0.0.2', port: 26_380 },
    ],
    credentials: {},
    masterName: 'ticketing',
  })
})

test('a URL names some nodes of a cluster', (t) => {
  t.deepEqual(parseRedisUrl('redis+cluster://ann:s%40crt@[::1]:7000,node-2:7001'), {
    kind: 'cluster',
    nodes: [
      { host: '::1', port: 7_000 },
      { host: 'node-2', port: 7_001 },
    ],
    credentials: { username: 'ann', password: 's@crt' },
  })
})

test('a password needs no user name', (t) => {
  const place = parseRedisUrl('redis+cluster://:secret@node-1:7000')
  t.deepEqual(place?.kind === 'cluster' ? place.credentials : undefined, { password: 'secret' })
})

test('a password may have colons', (t) => {
  const place = parseRedisUrl('redis+sentinel://ann:se:cr:et@sentinel-0:26379/ticketing')
  t.deepEqual(place?.kind === 'sentinel' ? place.credentials : undefined, { username: 'ann', password: 'se:cr:et' })
})

for (const url of [
  '',
  'http://localhost:6379',
  'redis://host:port',
  'redis+sentinel://host:26379',
  'redis+sentinel://host:26379/',
  'redis+sentinel:///ticketing',
  'redis+cluster://host',
  'redis+cluster://host:99999',
  'redis+cluster://host:0',
  'redis+cluster://host:7000,',
  'redis+cluster://host:7000/ticketing',
  'redis+cluster://bad%zz@host:7000',
]) {
  test(`${url || 'nothing'} is refused as a Redis URL`, (t) => t.is(parseRedisUrl(url), undefined))
}
