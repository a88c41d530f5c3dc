import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { SignJWT } from 'jose'
import { forFile } from '../support/for-file.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { sharedSystem } from '../support/shared-systems.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()

const issuer = { AUTH: 'jwt', JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'tickets' }

const system = sharedSystem()
const gateway = forFile(() => system.start('gateway', { ...issuer, JWT_PUBLIC_KEY: pem }))

interface Claims {
  readonly issuer?: string
  readonly audience?: string
  readonly expires?: string
}

async function bearer(subject: string, { issuer, audience, expires }: Claims = {}): Promise<Record<string, string>> {
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'EdDSA' })
    .setSubject(subject)
    .setIssuer(issuer ?? 'https://id.example')
    .setAudience(audience ?? 'tickets')
    .setExpirationTime(expires ?? '1 minute')
    .sign(privateKey)
  return { authorization: `Bearer ${token}` }
}

test('without a token public reads answer, everything else is 401', async (t) => {
  t.is((await ask(`${gateway.url}/events`)).status, 200)
  for (const path of ['/bookings', '/bookings?user_id=1', `/holds/${'A'.repeat(43)}`]) {
    const refused = await ask(gateway.url + path)
    t.is(refused.status, 401, path)
    t.is(refused.headers.get('www-authenticate'), 'Bearer')
  }
  t.is((await ask(`${gateway.url}/purchase`, { method: 'POST' })).status, 401)
  t.is((await ask(`${gateway.url}/session`, { json: { user_id: 'x' } })).status, 404)
})

test('a verified token says who calls; claiming to be somebody else is 403', async (t) => {
  const headers = await bearer('alice')
  const mine = await ask(`${gateway.url}/bookings`, { headers })
  t.is(mine.status, 200)
  t.regex(mine.body.message, /alice/)
  t.is((await ask(`${gateway.url}/bookings?user_id=alice`, { headers })).status, 200)
  t.is((await ask(`${gateway.url}/bookings?user_id=bob`, { headers })).status, 403)
})

test('tokens of another issuer, audience, time, key or algorithm are refused', async (t) => {
  const header = Buffer.from('{"alg":"none"}').toString('base64url')
  const unsigned = `${header}.${Buffer.from('{"sub":"alice","iss":"https://id.example","aud":"tickets"}').toString('base64url')}.`
  const hmac = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('alice')
    .setIssuer('https://id.example')
    .setAudience('tickets')
    .sign(new TextEncoder().encode(pem))
  const wrong = [
    await bearer('alice', { issuer: 'https://evil.example' }),
    await bearer('alice', { audience: 'other' }),
    await bearer('alice', { expires: '1 minute ago' }),
    await bearer('blank user'),
    { authorization: `Bearer ${unsigned}` },
    { authorization: `Bearer ${hmac}` },
  ]
  for (const headers of wrong) t.is((await ask(`${gateway.url}/bookings`, { headers })).status, 401)
})

test('outside demo mode a hold needs an Idempotency-Key', async (t) => {
  const eventId = await eventOnSale(system.url)
  const headers = await bearer('alice')
  const holds = `${gateway.url}/events/${eventId}/holds`
  const refused = await ask(holds, { json: { seat_nos: [1] }, headers })
  t.is(refused.body.code, 'idempotency_key_required')
  const held = await ask(holds, { json: { seat_nos: [1] }, headers: { ...headers, 'idempotency-key': 'k1' } })
  t.like(held, { status: 201, body: { user_id: 'alice' } }, held.text)
})

test('while the keys of the identity provider cannot be read, a token is answered 503 with the time to retry', async (t) => {
  const other = await system.start('gateway', { ...issuer, JWT_JWKS_URL: 'http://127.0.0.1:9/keys' })
  t.teardown(() => other.stop())
  const answer = await ask(`${other.url}/bookings`, { headers: await bearer('alice') })
  t.like(answer, { status: 503, body: { code: 'unavailable' } }, answer.text)
  t.truthy(answer.headers.get('retry-after'))
})
