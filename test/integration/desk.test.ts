import { createHmac } from 'node:crypto'
import test from 'ava'
import { SignJWT } from 'jose'
import { newId } from '#shared/ids.ts'
import { bookingOf } from '../support/buying.ts'
import { daysFromToday } from '../support/catalogue.ts'
import { forFile } from '../support/for-file.ts'
import { type Ask, ask, changeEvent, eventOnSale } from '../support/http.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { organiserKey } from '../support/system.ts'

/* How organisers sign in at the desk, and what its cookie may do. */

const system = sharedSystem()

const json = { 'content-type': 'application/json' }

/** The answer to a key, and the cookie that it sets. */
async function signIn(url: string, key = organiserKey, headers: Record<string, string> = {}) {
  const answer = await ask(`${url}/admin/session`, { json: { key }, headers })
  const [setCookie = ''] = answer.headers.getSetCookie()
  return { answer, setCookie, cookie: setCookie.split(';')[0] ?? '' }
}

const withCookie = (cookie: string, path: string, { headers, ...request }: Ask = {}) =>
  ask(system.url + path, { ...request, headers: { cookie, ...headers } })

test('the key is exchanged for a cookie that says nothing of it, that no script reads and that only /admin gets', async (t) => {
  const { answer, setCookie, cookie } = await signIn(system.url)
  t.is(answer.status, 204)
  t.is(answer.text, '')
  for (const attribute of ['Path=/admin', 'HttpOnly', 'SameSite=Strict', 'Max-Age=43200']) {
    t.true(setCookie.split('; ').includes(attribute), attribute)
  }
  t.is(answer.headers.getSetCookie().length, 1)
  t.false(decodeURIComponent(setCookie).includes(organiserKey.slice(4)))
  t.false(Buffer.from(setCookie.split('.')[1] ?? '', 'base64url').includes(organiserKey.slice(4)))
  t.is((await withCookie(cookie, '/admin/events')).status, 200)
  const eventId = await eventOnSale(system.url)
  t.like((await withCookie(cookie, `/admin/events/${eventId}/report`)).body, { free: 50, sold: 0, currency: 'EUR' })
})

test('signing out takes the cookie back', async (t) => {
  const answer = await ask(`${system.url}/admin/session`, { method: 'DELETE' })
  t.is(answer.status, 204)
  t.regex(
    answer.headers.getSetCookie()[0] ?? '',
    /^ticketing_desk=; Max-Age=0; Path=\/admin; HttpOnly; SameSite=Strict/,
  )
})

test('a wrong key, or something that is no key, is refused without a cookie', async (t) => {
  for (const key of ['org_wrong-0123456789abcdef', organiserKey.slice(0, -1), `${organiserKey}x`, 'x']) {
    const { answer, setCookie } = await signIn(system.url, key)
    t.is(answer.status, 401, key)
    t.is(setCookie, '')
  }
  for (const body of [{}, { key: '' }, { key: 7 }, { key: 'x'.repeat(1_001) }, { key: organiserKey, user_id: '1' }]) {
    const answer = await ask(`${system.url}/admin/session`, { json: body })
    t.like(answer.body, { status: 400, code: 'validation_failed' })
  }
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const sent = await ask(`${system.url}/admin/session`, { raw: `key=${organiserKey}`, headers: form })
  t.is(sent.status, 415)
  t.deepEqual(sent.headers.getSetCookie(), [])
})

test('with the cookie a change is taken as JSON alone, which no form of another site can send', async (t) => {
  const { cookie } = await signIn(system.url)
  const eventId = await eventOnSale(system.url)
  const pause = (headers: Record<string, string>, request: Ask = {}) =>
    withCookie(cookie, `/admin/events/${eventId}/pause`, { method: 'POST', headers, ...request })
  // Also without a body, as a form without fields is sent.
  for (const type of ['', 'application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']) {
    const answer = await pause(type === '' ? {} : { 'content-type': type })
    t.is(answer.status, 415, type)
  }
  t.is((await pause({}, { raw: '{}', headers: { 'content-type': 'text/plain' } })).status, 415)
  const state = async () => (await withCookie(cookie, `/admin/events/${eventId}`)).body.sale.status
  t.is(await state(), 'on_sale')
  t.is((await pause(json, { raw: '{}' })).status, 200)
  t.is(await state(), 'paused')
  await changeEvent(system.url, eventId, 'resume')
})

test('the cookie is worth nothing anywhere else, and no other token is worth anything in it', async (t) => {
  const { cookie } = await signIn(system.url)
  const draft = await withCookie(cookie, '/admin/events', {
    json: {
      name: 'A draft',
      venue: { name: 'Hall', city: 'Berlin', country: 'DE', tz: 'Europe/Berlin' },
      starts_on: daysFromToday(20),
    },
  })
  t.is(draft.status, 201)
  t.is((await withCookie(cookie, `/admin/events/${draft.body.id}`)).status, 200)
  t.is((await withCookie(cookie, `/events/${draft.body.id}`)).status, 404)
  const token = cookie.split('=')[1] ?? ''
  t.is((await ask(`${system.url}/bookings`, { headers: { authorization: `Bearer ${token}` } })).status, 401)
  t.is((await ask(`${system.url}/admin/events`, { headers: { authorization: `Bearer ${token}` } })).status, 401)
  const session = await ask(`${system.url}/session`, { json: { user_id: 'organiser' } })
  const secret = createHmac('sha256', organiserKey).update('sessions of the desk').digest('base64url')
  const endingAt = (time: string) =>
    new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('organiser')
      .setExpirationTime(time)
      .sign(Buffer.from(secret))
  t.is(
    (await withCookie(`ticketing_desk=${await endingAt('1 minute')}`, '/admin/events')).status,
    200,
    'positive control',
  )
  const expired = await endingAt('-1 minute')
  for (const wrong of [session.body.token, organiserKey, expired, `${token}x`, '', 'a.b.c', 'x'.repeat(4_000)]) {
    t.is((await withCookie(`ticketing_desk=${wrong}`, '/admin/events')).status, 401, wrong)
  }
})

const otherKey = forFile(() => system.start('gateway', { ORGANISER_KEY: 'org_another-0123456789abcdef' }))

test('a cookie is refused once its key was replaced', async (t) => {
  const { cookie } = await signIn(system.url)
  t.is((await ask(`${system.url}/admin/events`, { headers: { cookie } })).status, 200)
  t.is((await ask(`${otherKey.url}/admin/events`, { headers: { cookie } })).status, 401)
  t.is((await signIn(otherKey.url)).answer.status, 401)
  const { cookie: other } = await signIn(otherKey.url, 'org_another-0123456789abcdef')
  t.is((await ask(`${otherKey.url}/admin/events`, { headers: { cookie: other } })).status, 200)
})

/** Pages are not in the API's description. */
async function showPage(path: string, cookie = '') {
  const headers = { accept: 'text/html', cookie }
  const response = await fetch(system.url + path, { headers, signal: AbortSignal.timeout(15_000) })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

test('pages of the desk are the same for everybody, are stored nowhere and have no data', async (t) => {
  const { cookie } = await signIn(system.url)
  const eventId = await eventOnSale(system.url, { name: 'Nobody else may see it' })
  for (const path of [
    '/desk',
    '/desk/new-event',
    `/desk/events/${eventId}`,
    `/desk/events/${eventId}/double-entries`,
    '/desk/orders',
    `/desk/orders?event=${eventId}`,
  ]) {
    const [plain, signedIn] = [await showPage(path), await showPage(path, cookie)]
    t.is(plain.status, 200, path)
    t.is(signedIn.text, plain.text, path)
    t.is(plain.headers.get('cache-control'), 'private, no-store')
    t.false(plain.text.includes('Nobody else'))
  }
  for (const id of ['nonsense', 'x'.repeat(2_000), '%00', '..%2f..']) {
    const { status } = await showPage(`/desk/events/${id}`)
    t.true(status === 400 || status === 404, `${status} for ${id}`)
  }
})

test('unknown and impossible ids get a problem that says so, and never a fault', async (t) => {
  const { cookie } = await signIn(system.url)
  const unknown = newId()
  for (const path of [`/admin/events/${unknown}/report`, `/admin/events/${unknown}`]) {
    t.like((await withCookie(cookie, path)).body, { status: 404, code: 'event_not_found' })
  }
  t.deepEqual((await withCookie(cookie, `/admin/reports?event_ids=${unknown}`)).body, { items: [] })
  for (const path of [
    `/admin/events/${'9'.repeat(2_000)}/report`,
    '/admin/events/nonsense/report',
    '/admin/reports',
    '/admin/reports?event_ids=nonsense',
    `/admin/reports?event_ids=${Array(101).fill(unknown).join()}`,
    `/admin/bookings/${'A'.repeat(5_000)}`,
    '/admin/bookings/nonsense',
    '/admin/events?cursor=nonsense',
  ]) {
    t.like((await withCookie(cookie, path)).body, { status: 400, code: 'validation_failed' }, path)
  }
})

test('organisers read any booking, list drafts too, and find them by their dates', async (t) => {
  const { cookie } = await signIn(system.url)
  const eventId = await eventOnSale(system.url)
  const { id } = await bookingOf(system.url, eventId, { best_available: { qty: 2 } }, 'ines')
  t.like((await withCookie(cookie, `/admin/bookings/${id}`)).body, { id, user_id: 'ines' })
  t.is((await ask(`${system.url}/admin/bookings/${id}`)).status, 401)
  const startsOn = daysFromToday(333)
  const draft = { name: 'Hidden', venue: { name: 'Hall', country: 'DE', tz: 'Europe/Berlin' }, starts_on: startsOn }
  const { body } = await withCookie(cookie, '/admin/events', { json: draft })
  const dates = `status=any&start=${startsOn}&end=${startsOn}`
  const namesAt = async (path: string) =>
    (await withCookie(cookie, path)).body.items.map(({ id }: { id: string }) => id === body.id)
  t.deepEqual(await namesAt(`/admin/events?${dates}`), [true])
  t.deepEqual(await namesAt(`/events?${dates}`), [], 'not for everybody')
})
