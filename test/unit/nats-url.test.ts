import test from 'ava'
import { parseNatsUrl, withoutPassword } from '#shared/messaging/nats-url.ts'

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
