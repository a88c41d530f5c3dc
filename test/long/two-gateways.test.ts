import test from 'ava'
import { ask, eventOnSale } from '../support/http.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const system = sharedSystem()

function anyGateway(i: number): string {
  return system.gateways[i % system.gateways.length]?.url ?? ''
}

test.serial('the same Idempotency-Key on two gateways at once makes one charge and one booking', async (t) => {
  const eventId = await eventOnSale(system.url, { priceMinor: 4_321 })
  const buy = (i: number) =>
    ask(`${anyGateway(i)}/purchase`, {
      json: { event_id: eventId, best_available: { qty: 1 }, payment_token: 'tok_ok', user_id: 'four-clicks' },
      headers: { 'idempotency-key': 'clicked' },
    })
  const answers = await Promise.all([0, 1, 2, 3].map(buy))
  t.true(answers.some(({ status }) => status === 201))
  for (const { status, body } of answers)
    t.true(status === 201 || body.code === 'idempotency_key_in_use', String(status))
  const again = await buy(4)
  t.is(again.status, 201, again.text)
  t.is(again.headers.get('idempotency-replayed'), 'true')
  for (const { status, text } of answers) if (status === 201) t.is(text, again.text)

  const ledger = await ask(`${system.paymentUrl}/ledger?limit=100`)
  const charges = ledger.body.items.filter(({ amount_minor }: { amount_minor: number }) => amount_minor === 4_321)
  t.is(charges.length, 1)
  t.is(charges[0].state, 'captured')
  t.is((await ask(`${system.url}/bookings?user_id=four-clicks`)).body.items.length, 1)
})

test.serial('a hold that ran out is sold to another with the sweeper off', async (t) => {
  const hasty = await startSystem({ env: { RATE_LIMITS: 'off', HOLD_TTL_MS: '5000', SWEEPER: 'off' } })
  t.teardown(() => hasty.stop())
  const { url } = hasty
  const eventId = await eventOnSale(url)
  const slow = await ask(`${url}/events/${eventId}/holds`, { json: { seat_nos: [3], user_id: 'slow' } })
  t.is(slow.status, 201)
  const want = () => ask(`${url}/events/${eventId}/holds`, { json: { seat_nos: [3], user_id: 'quick' } })
  t.is((await want()).status, 409)
  let second = slow
  const isFree = async (): Promise<boolean> => {
    second = await want()
    return second.status === 201
  }
  await until('the seat is free again', isFree, { timeoutMs: 30_000 })
  const paid = await ask(`${url}/purchase`, {
    json: { hold_id: second.body.id, payment_token: 'tok_ok', user_id: 'quick' },
  })
  t.is(paid.status, 201, paid.text)
  const tooLate = await ask(`${url}/purchase`, {
    json: { hold_id: slow.body.id, payment_token: 'tok_ok', user_id: 'slow' },
  })
  t.is(tooLate.status, 410)
  t.is(tooLate.body.code, 'hold_expired')
})
