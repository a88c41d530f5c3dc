import test from 'ava'
import { forFile } from '../support/for-file.ts'
import { type Answer, ask, eventOnSale } from '../support/http.ts'
import { organiserKey, startSystem } from '../support/system.ts'

const system = forFile(() => startSystem({ counts: { purchase: 0, sandbox: 0 }, env: { RATE_LIMITS: 'off' } }))

const asOrganiser = { authorization: `Bearer ${organiserKey}` }

function act(eventId: string, action: string, key: string): Promise<Answer> {
  const headers = { ...asOrganiser, 'idempotency-key': key }
  return ask(`${system.url}/admin/events/${eventId}/${action}`, { method: 'POST', headers })
}

test('an organiser’s action repeated with its key is replayed byte for byte and says so', async (t) => {
  const eventId = await eventOnSale(system.url)
  const paused = await act(eventId, 'pause', 'one key')
  t.is(paused.body.code, 'validation_failed')
  const first = await act(eventId, 'pause', 'one-key')
  t.is(first.status, 200, first.text)
  t.is(first.headers.get('idempotency-replayed'), null)
  const reused = await act(eventId, 'resume', 'one-key')
  t.is(reused.status, 422)
  t.is(reused.body.code, 'idempotency_key_reused')
  t.is((await act(eventId, 'resume', 'another-key')).status, 200)
  const again = await act(eventId, 'pause', 'one-key')
  t.is(again.status, 200)
  t.is(again.headers.get('idempotency-replayed'), 'true')
  t.is(again.text, first.text)
  const now = await ask(`${system.url}/events/${eventId}`, { headers: asOrganiser })
  t.is(now.body.sale.status, 'on_sale')
})

test('a hold abandoned twice with one key is answered the same twice', async (t) => {
  const eventId = await eventOnSale(system.url)
  const hold = (seat: number) =>
    ask(`${system.url}/events/${eventId}/holds`, { json: { seat_nos: [seat], user_id: 'ada' } })
  const abandon = (id: string) =>
    ask(`${system.url}/holds/${id}/abandon`, { json: { user_id: 'ada' }, headers: { 'idempotency-key': 'closing' } })
  const { body: first } = await hold(1)
  const replays = []
  for (let time = 1; time <= 2; time += 1) {
    const answer = await abandon(first.id)
    t.is(answer.status, 204)
    replays.push(answer.headers.get('idempotency-replayed'))
  }
  t.deepEqual(replays, [null, 'true'])
  const { body: second } = await hold(1)
  t.is((await abandon(second.id)).body.code, 'idempotency_key_reused')
})

test('opening a session takes no key, and its description says why', async (t) => {
  const headers = { 'idempotency-key': 'session' }
  for (const user_id of ['ada', 'bob']) {
    const session = await ask(`${system.url}/session`, { json: { user_id }, headers })
    t.is(session.status, 200)
    t.is(session.body.user_id, user_id)
    t.is(session.headers.get('idempotency-replayed'), null)
  }
  const { body } = await ask(`${system.url}/openapi.json`)
  const operation = body.paths['/session'].post
  t.regex(operation.description, /no Idempotency-Key: nothing is stored/)
  t.is(operation.parameters, undefined)
})
