import type { IncomingMessage } from 'node:http'
import test from 'ava'
import { ClientAddresses } from '../../gateway/http/client-address.ts'

function clientOfPair(addresses: ClientAddresses, remoteAddress: string, forwardedFor: string): string {
  const headers = forwardedFor === '' ? {} : { 'x-forwarded-for': forwardedFor }
  return addresses.clientOf({ socket: { remoteAddress }, headers } as IncomingMessage)
}

const behindProxies = new ClientAddresses(['10.0.0.0/8', '2001:db8::/32'])

test('X-Forwarded-For counts only from configured proxies', (t) => {
  t.is(behindProxies.addressOf('203.0.113.9', '198.51.100.1'), '203.0.113.9')
  t.is(behindProxies.addressOf('10.1.2.3', '198.51.100.1'), '198.51.100.1')
  t.is(new ClientAddresses([]).addressOf('10.1.2.3', '198.51.100.1'), '10.1.2.3')
})

test('the address nearest to the trusted proxies counts, whatever stands left of it', (t) => {
  t.is(behindProxies.addressOf('10.1.2.3', '1.1.1.1, 198.51.100.1, 10.9.9.9'), '198.51.100.1')
  t.is(behindProxies.addressOf('10.1.2.3', ''), '10.1.2.3')
  t.is(behindProxies.addressOf('10.1.2.3', 'nonsense'), '10.1.2.3')
  t.is(behindProxies.addressOf('::ffff:10.1.2.3', '198.51.100.1'), '198.51.100.1')
  t.is(behindProxies.addressOf('2001:db8::1', '198.51.100.1'), '198.51.100.1')
})

test('an IPv6 client counts as its /64, however it is written', (t) => {
  const clientOf = (address: string): string => clientOfPair(new ClientAddresses([]), address, '')
  t.is(clientOf('203.0.113.9'), '203.0.113.9')
  t.is(clientOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
  t.is(clientOf('2001:db8:1:2::6'), '2001:db8:1:2::/64')
  t.is(clientOf('2001:0db8:0001:0002::'), '2001:db8:1:2::/64')
  t.is(clientOf('::1'), '0:0:0:0::/64')
})

test('an IPv4 client counts as such, however proxies write it', (t) => {
  for (const written of [
    '::ffff:5.6.7.8',
    '::FFFF:5.6.7.8',
    '::ffff:506:708',
    '0:0:0:0:0:ffff:5.6.7.8',
    '5.6.7.8:5678',
  ]) {
    t.is(clientOfPair(behindProxies, '10.1.2.3', written), '5.6.7.8', written)
  }
  t.is(clientOfPair(behindProxies, '10.1.2.3', '[2001:db9:1:2::6]:5678'), '2001:db9:1:2::/64')
})

test('a client is the same however often it is asked for, and one pair of addresses is never taken for another', (t) => {
  for (let round = 0; round < 2; round++) {
    t.is(clientOfPair(behindProxies, '10.1.2.3', '198.51.100.1'), '198.51.100.1')
    t.is(clientOfPair(behindProxies, '10.1.2.3', '2001:db9:1:2::6'), '2001:db9:1:2::/64')
    t.is(clientOfPair(behindProxies, '10.1.2.3', ''), '10.1.2.3')
    t.is(clientOfPair(behindProxies, '203.0.113.9', '198.51.100.1'), '203.0.113.9')
    t.is(clientOfPair(behindProxies, '2001:db9::1', '198.51.100.1'), '2001:db9:0:0::/64')
  }
})

test('more clients than are remembered are told apart all the same', (t) => {
  for (let i = 0; i < 30_000; i++) {
    const client = `198.${i % 250}.${Math.floor(i / 250)}.1`
    if (clientOfPair(behindProxies, '10.1.2.3', client) !== client) t.fail(client)
  }
  t.is(clientOfPair(behindProxies, '10.1.2.3', '198.0.0.1'), '198.0.0.1')
})

test('a proxy that is no address is refused at the start', (t) => {
  t.throws(() => new ClientAddresses(['proxy.example']), { message: /TRUSTED_PROXIES: proxy.example/ })
})
