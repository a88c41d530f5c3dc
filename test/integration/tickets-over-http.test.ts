import { randomUUID } from 'node:crypto'
import test from 'ava'
import { compactVerify, createLocalJWKSet } from 'jose'
import { bookingOf, cookieOf } from '../support/buying.ts'
import { type Answer, ask, eventOnSale } from '../support/http.ts'
import { sharedSystem } from '../support/shared-systems.ts'

const system = sharedSystem()
let eventId: string
test.before(async () => {
  eventId = await eventOnSale(system.url, { name: 'Night of <b>codes</b>; "and" more, \\ too' })
})

const buy = (userId: string, qty = 1) => bookingOf(system.url, eventId, { best_available: { qty } }, userId)
async function buyTicket(): Promise<string> {
  return (await buy('ada')).tickets[0].id
}
const view = (ticketId: string, userId: string) => ask(`${system.url}/tickets/${ticketId}?user_id=${userId}`)
const passOn = (ticketId: string, userId: string, json: object, key = randomUUID()) =>
  ask(`${system.url}/tickets/${ticketId}/transfer`, {
    headers: { 'idempotency-key': key },
    json: { user_id: userId, ...json },
  })

/** A page as a browser of `userId` asks for it. */
async function page(path: string, userId: string): Promise<Answer> {
  const response = await fetch(system.url + path, {
    headers: { accept: 'text/html', ...(await cookieOf(system.url, userId)) },
    redirect: 'manual',
    signal: AbortSignal.timeout(15_000),
  })
  return { status: response.status, headers: response.headers, text: await response.text(), body: null }
}

test.serial('the code of a ticket is verified with the public keys, which everybody may read and cache', async (t) => {
  const { body: ticket, headers, status } = await view(await buyTicket(), 'ada')
  t.is(status, 200)
  t.is(headers.get('cache-control'), 'private, no-store')
  const keys = await ask(`${system.url}/.well-known/jwks.json`)
  t.regex(keys.headers.get('cache-control') ?? '', /^public, max-age=60/)
  const { payload } = await compactVerify(ticket.code, createLocalJWKSet(keys.body))
  t.deepEqual(JSON.parse(new TextDecoder().decode(payload)), { ver: 1, sub: ticket.id })
})

test.serial('a ticket changes hands once, and its earlier code is not given any more', async (t) => {
  const id = await buyTicket()
  const key = randomUUID()
  const first = await passOn(id, 'ada', { to_user_id: 'bob' }, key)
  t.is(first.status, 200, first.text)
  const again = await passOn(id, 'ada', { to_user_id: 'bob' }, key)
  t.is(again.text, first.text)
  t.is(again.headers.get('idempotency-replayed'), 'true')
  t.is((await passOn(id, 'ada', { to_user_id: 'cyd' }, key)).body.code, 'idempotency_key_reused')
  t.like((await view(id, 'ada')).body, { code: null, passed_on: true })
  t.like((await view(id, 'bob')).body, { serial: 2, booking_id: null })
  const list = await ask(`${system.url}/tickets?user_id=bob`)
  t.true(list.body.items.some((item: { id: string }) => item.id === id))
})

test("a stranger's and a mistyped ticket are not found, and hostile requests are refused before anything is stored", async (t) => {
  const id = await buyTicket()
  t.is((await view(id, 'stranger')).status, 404)
  t.is((await passOn(id, 'stranger', { to_user_id: 'stranger2' })).status, 404)
  t.is((await view(`${id.slice(0, 24)}${'A'.repeat(19)}`, 'ada')).status, 404)
  t.is((await view(`${id.slice(0, -2)}_x`, 'ada')).status, 400)
  for (const to_user_id of ['', 'a b', 'ü', 'x'.repeat(129), 5, null, ['bob'], { id: 'bob' }, 'bob\n', '\u0000']) {
    const refused = await passOn(id, 'ada', { to_user_id })
    t.is(refused.status, 400, JSON.stringify(to_user_id))
    t.is(refused.body.errors[0].pointer, '/to_user_id')
  }
  t.is((await passOn(id, 'ada', {})).status, 400)
  t.is((await passOn(id, 'ada', { to_user_id: 'bob', serial: 9 })).status, 400)
  t.is((await passOn(id, 'ada', { to_user_id: 'ada' })).status, 400)
  t.is((await passOn(id, 'ada', { to_user_id: '4242424242424242' })).status, 422)
  t.is((await view(id, 'ada')).body.serial, 1)
})

test.serial('pages of bookings and tickets are never stored, escape names, and are their owner’s alone', async (t) => {
  const { id, tickets } = await buy('ada', 2)
  const ticket = tickets[0].id
  for (const path of ['/shop/bookings', `/shop/bookings/${id}`, `/shop/tickets/${ticket}`]) {
    const shown = await page(path, 'ada')
    t.is(shown.status, 200, path)
    t.is(shown.headers.get('cache-control'), 'private, no-store')
    t.true(shown.text.includes('Night of &lt;b&gt;codes&lt;/b&gt;'))
    t.false(shown.text.includes('<b>codes'))
    const stranger = await fetch(system.url + path, { headers: { accept: 'text/html' }, redirect: 'manual' })
    t.is(stranger.status, 303, path)
    t.is(stranger.headers.get('location'), `/shop/session?to=${encodeURIComponent(path)}`)
  }
  for (const path of [`/shop/bookings/${id}`, `/shop/tickets/${ticket}`, `/shop/bookings/${id}/calendar.ics`]) {
    t.is((await page(path, 'eve')).status, 404, path)
  }
  const shown = await page(`/shop/tickets/${ticket}`, 'ada')
  t.regex(shown.text, /Ticket 1 of 2 · valid/)
  t.regex(shown.text, /<svg class="code" [^>]*role="img"/)
})

test.serial('a booking is a calendar file with the moment of its event; no text breaks out of its line', async (t) => {
  const { id } = await buy('ada', 2)
  const { status, headers, text } = await page(`/shop/bookings/${id}/calendar.ics`, 'ada')
  t.is(status, 200)
  t.is(headers.get('content-type'), 'text/calendar; charset=utf-8')
  t.is(headers.get('cache-control'), 'private, no-store')
  const lines = text.replaceAll('\r\n ', '').split('\r\n')
  t.true(lines.includes(`UID:${id}`))
  t.true(lines.includes('SUMMARY:Night of <b>codes</b>\\; "and" more\\, \\\\ too'))
  t.true(lines.includes('LOCATION:Berlin Hall\\, Berlin'))
  t.true(lines.some((line) => /^DTSTART:\d{8}T(18|19)0000Z$/.test(line)))
  t.true(lines.includes('STATUS:CONFIRMED'))
})
