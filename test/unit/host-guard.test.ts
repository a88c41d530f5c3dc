import test from 'ava'
import type { TicketingError } from '#shared/errors.ts'
import { HostGuard, hasOneHost } from '../../gateway/http/host-guard.ts'

/* Which hosts and pages a gateway in demo mode believes. */

const guard = new HostGuard(['tickets.example', 'Box-Office'])

function refusal(method: string, headers: { host?: string; origin?: string }): string | undefined {
  try {
    guard.check({ method, headers })
    return undefined
  } catch (error) {
    return (error as TicketingError).code
  }
}

test('localhost, addresses and allowed names are hosts of a gateway, with any port, and nothing else is', (t) => {
  for (const host of [
    'localhost',
    'LOCALHOST:8080',
    'shop.localhost:3000',
    '127.0.0.1:8080',
    '[::1]:8080',
    '192.168.1.5',
  ]) {
    t.true(guard.isKnownHost(host), host)
  }
  for (const host of ['tickets.example', 'tickets.example:443', 'box-office:80']) t.true(guard.isKnownHost(host), host)
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    'evil.example:8080',
    '127.0.0.1.evil.example',
    'x',
    '',
  ]) {
    t.false(guard.isKnownHost(host), host)
    t.is(refusal('GET', { host }), 'misdirected', host)
  }
})

test('a page of another host may not write, whatever it is called', (t) => {
  const host = 'localhost:8080'
  for (const origin of [
    'http://evil.example',
    'null',
    'http://6.6.6.6:8080',
    'https://localhost.evil.example',
    'nonsense',
  ]) {
    for (const method of ['POST', 'PATCH', 'DELETE']) t.is(refusal(method, { host, origin }), 'forbidden', origin)
    for (const method of ['GET', 'HEAD', 'OPTIONS']) t.is(refusal(method, { host, origin }), undefined)
  }
  for (const origin of [
    undefined,
    'http://localhost:3000',
    'http://127.0.0.1:8080',
    'http://[::1]',
    'https://tickets.example',
  ]) {
    t.is(refusal('POST', { host, ...(origin !== undefined && { origin }) }), undefined, origin)
  }
  t.is(refusal('POST', { host: '192.168.1.5:8080', origin: 'http://192.168.1.5:8080' }), undefined)
})

test('a request of HTTP/1.1 has one Host header, however it is written', (t) => {
  t.true(hasOneHost({ httpVersion: '1.1', rawHeaders: ['hOsT', 'a', 'Accept', '*'] }))
  t.false(hasOneHost({ httpVersion: '1.1', rawHeaders: ['Host', 'a', 'HOST', 'a'] }))
  t.false(hasOneHost({ httpVersion: '1.0', rawHeaders: ['Host', 'a', 'host', 'b'] }))
  t.false(hasOneHost({ httpVersion: '1.1', rawHeaders: ['Accept', 'host'] }))
  t.true(hasOneHost({ httpVersion: '1.0', rawHeaders: [] }))
})
