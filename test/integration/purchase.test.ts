import '../support/few-at-a-time.ts'
import { createHash, randomUUID } from 'node:crypto'
import test from 'ava'
import { viewPurchase } from '#shared/contracts/purchase.ts'
import { call } from '#shared/messaging/call.ts'
import { user } from '#shared/messaging/caller.ts'
import { forFile } from '../support/for-file.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { startPurchasing } from '../support/purchasing.ts'
import { until } from '../support/until.ts'

// Two workers, so that a repetition may reach another one; a short wait, so that time-outs are quick, but not so short that a busy
// machine makes more of them.
const purchasing = forFile(() => startPurchasing({ workers: 2, env: { PROVIDER_TIMEOUT_MS: '2000' } }))

test('a hold is bought: authorised, confirmed, captured, and told so', async (t) => {
  const { hold, purchase } = purchasing.newPurchase({ totalMinor: 5_001 })
  const request = { ...purchase.request, expected_total_minor: 5_001, currency: 'EUR' }
  const { booking, replayed } = await purchasing.buy({ ...purchase, request })
  t.false(replayed)
  t.like(booking, { status: 'confirmed', hold_id: hold.id, payment: { status: 'captured', captured_minor: 5_001 } })
  t.is(booking.message, 'Bought seat Stalls A-12 for 50.01 EUR, paid with the payment sandbox.')
  t.like(await purchasing.chargesOf(5_001), { 0: { state: 'captured', currency: 'EUR' }, length: 1 })
})

test('one key sent again later is answered byte for byte the same', async (t) => {
  const { purchase } = purchasing.newPurchase({ totalMinor: 5_003 })
  const first = await purchasing.buy(purchase)
  for (let time = 1; time <= 4; time += 1) {
    const again = await purchasing.buy(purchase)
    t.like(again, { replayed: true, text: first.text })
  }
  t.is((await purchasing.chargesOf(5_003)).length, 1)
})

test('one key with another request is refused, and is free for another caller', async (t) => {
  const { purchase } = purchasing.newPurchase()
  await purchasing.buy(purchase)
  const request = { ...purchase.request, payment_token: 'tok_declined' }
  t.is((await purchasing.refusalOf({ ...purchase, request })).code, 'idempotency_key_reused')
  const { purchase: ofAnother } = purchasing.newPurchase()
  const { booking } = await purchasing.buy({ ...ofAnother, key: purchase.key })
  t.is(booking.status, 'confirmed')
})

test('a declined payment takes nothing and leaves the hold to be paid in another way', async (t) => {
  const { hold, purchase } = purchasing.newPurchase({ totalMinor: 5_005, token: 'tok_declined' })
  for (let time = 1; time <= 2; time += 1) {
    const refusal = await purchasing.refusalOf(purchase)
    t.is(refusal.code, 'payment_declined')
    t.deepEqual(refusal.extra, { failure: 'declined', decline_code: 'card_declined', hold_id: hold.id })
    t.like(hold, { status: 'active', attempt: 1 })
  }
  const request = { hold_id: hold.id, payment_token: 'tok_ok' }
  await purchasing.buy({ userId: purchase.userId, request })
  t.is(hold.attempt, 2)
  const states = (await purchasing.chargesOf(5_005)).map(({ state }) => state)
  t.deepEqual(states.toSorted(), ['captured', 'declined'])
})

test('a provider that authorises without answering is asked until it is known, and charges once', async (t) => {
  const { purchase } = purchasing.newPurchase({ totalMinor: 5_006, token: 'tok_timeout_then_ok' })
  const { booking } = await purchasing.buy(purchase)
  t.like(booking, { status: 'confirmed', payment: { status: 'captured' } })
  t.like(await purchasing.chargesOf(5_006), { 0: { state: 'captured' }, length: 1 })
})

test('a request lost on its way to the provider counts as declined once it can no longer arrive', async (t) => {
  const { hold, purchase } = purchasing.newPurchase({ totalMinor: 5_007, token: 'tok_timeout_then_fail' })
  const refusal = await purchasing.refusalOf(purchase)
  t.like(refusal, { code: 'payment_declined', extra: { decline_code: 'not_authorised' } })
  t.is(hold.status, 'active')
  t.deepEqual(await purchasing.chargesOf(5_007), [])
})

test('seats and payment in one call: the hold comes first and outlives a declined payment', async (t) => {
  const userId = `user-${randomUUID()}`
  const seats = { event_id: randomUUID(), best_available: { qty: 1 } }
  const { booking } = await purchasing.buy({ userId, request: { ...seats, payment_token: 'tok_ok' } })
  t.is(booking.status, 'confirmed')

  const refusal = await purchasing.refusalOf({ userId, request: { ...seats, payment_token: 'tok_declined' } })
  t.is(refusal.code, 'payment_declined')
  const holdId = String(refusal.extra.hold_id)
  t.is(purchasing.booking.hold(holdId).status, 'active')
  const later = await purchasing.buy({ userId, request: { hold_id: holdId, payment_token: 'tok_ok' } })
  t.is(later.booking.hold_id, holdId)
})

test('a total of nothing is bought without asking the provider, who would have declined', async (t) => {
  const { purchase } = purchasing.newPurchase({ totalMinor: 0, token: 'tok_declined' })
  const { booking } = await purchasing.buy(purchase)
  t.like(booking, { status: 'confirmed', message: 'Booked seat Stalls A-12, free of charge.' })
})

test('a purchase without a payment token buys free tickets; for others it is refused and names the token', async (t) => {
  const { purchase } = purchasing.newPurchase({ totalMinor: 0 })
  const withoutToken = { hold_id: purchase.request.hold_id }
  const { booking } = await purchasing.buy({ ...purchase, request: withoutToken })
  t.like(booking, { status: 'confirmed', message: 'Booked seat Stalls A-12, free of charge.' })

  const { hold, purchase: dear } = purchasing.newPurchase({ totalMinor: 5_014 })
  const refusal = await purchasing.refusalOf({ ...dear, request: { hold_id: hold.id } })
  t.is(refusal.code, 'validation_failed')
  t.like(refusal.extra, {
    errors: [{ pointer: '/payment_token', detail: 'payment_token is needed: these places cost 50.14 EUR.' }],
    total_minor: 5_014,
    currency: 'EUR',
  })
  t.is(hold.status, 'active')
  t.is((await purchasing.buy(dear)).booking.status, 'confirmed')
})

test('what the booking worker refuses is passed on, and the key is free again', async (t) => {
  const { hold, purchase } = purchasing.newPurchase({ totalMinor: 5_010 })
  const { userId, request } = purchase
  const foreign = await purchasing.refusalOf({ userId: 'stranger', request })
  t.is(foreign.code, 'not_found')
  const dearer = await purchasing.refusalOf({ ...purchase, request: { ...request, expected_total_minor: 1 } })
  t.like(dearer, { code: 'price_changed', extra: { hold_id: hold.id } })
  t.is((await purchasing.buy(purchase)).booking.status, 'confirmed')
  const again = await purchasing.refusalOf({ userId, request })
  t.is(again.code, 'already_purchased')
  t.is((await purchasing.chargesOf(5_010)).length, 1)
})

test('four clicks, four charges: clicks with four keys, or ten times with one, are one charge', async (t) => {
  const { purchase } = purchasing.newPurchase({ totalMinor: 5_011 })
  const clicks = await Promise.allSettled(
    Array.from({ length: 4 }, () => purchasing.buy({ ...purchase, key: randomUUID() })),
  )
  t.is(clicks.filter(({ status }) => status === 'fulfilled').length, 1)
  t.is((await purchasing.chargesOf(5_011)).length, 1)

  const { hold, purchase: another } = purchasing.newPurchase({ totalMinor: 5_012 })
  const repeated = await Promise.allSettled(Array.from({ length: 10 }, () => purchasing.buy(another)))
  const bought = repeated.filter((result) => result.status === 'fulfilled')
  const refused = repeated.filter((result) => result.status === 'rejected')
  t.true(refused.every(({ reason }) => reason.code === 'idempotency_key_in_use'))
  t.is(new Set(bought.map(({ value }) => value.text)).size, 1)
  t.is((await purchasing.chargesOf(5_012)).length, 1)
  t.is(hold.attempt, 1)
})

test('one key goes from the buyer to the provider: the charge is named by a digest of it', async (t) => {
  const { purchase } = purchasing.newPurchase({ totalMinor: 5_013 })
  await purchasing.buy(purchase)
  const [charge] = await purchasing.chargesOf(5_013)
  const scope = `purchase-hold user:${purchase.userId}`
  const request = createHash('sha256').update(JSON.stringify(purchase.request)).digest('hex')
  const key = createHash('sha256')
    .update(JSON.stringify([scope, purchase.key, request]))
    .digest('base64url')
  t.is(charge?.idempotency_key, key)
})

test('GA tickets are bought in one call, too', async (t) => {
  const userId = `user-${randomUUID()}`
  const request = { event_id: randomUUID(), areas: [{ area: 'Floor', qty: 2 }], payment_token: 'tok_ok' }
  await purchasing.buy({ userId, request })
  const wanted = purchasing.booking.wanted.flatMap(({ areas }) => areas ?? [])
  t.deepEqual(wanted, [{ area: 'Floor', qty: 2 }])
})

test('payment tokens are in no log line', async (t) => {
  for (const token of ['tok_ok', 'tok_declined', 'tok_secret_by_nobody']) {
    await purchasing.buy(purchasing.newPurchase({ token }).purchase).catch(() => undefined)
  }
  const processes = [...purchasing.system.processes('purchase'), ...purchasing.system.processes('sandbox')]
  for (const process of processes) t.notRegex(process.output(), /tok_(ok|declined|secret)/)
})

/** The purchase of a user by its key, as the buyer reads it, who is in no hurry. Throws the worker's `TicketingError`. */
function view(userId: string, key: string) {
  const deadlineMs = 30_000
  const context = { requestId: key, caller: user(userId), deadlineAt: performance.now() + deadlineMs }
  return call(purchasing.bus, { ...viewPurchase, deadlineMs }, { idempotency_key: key }, context)
}

test('a purchase that was paid for is found by its key after the day in which its answer is repeated', async (t) => {
  const { purchase } = purchasing.newPurchase()
  const { booking } = await purchasing.buy(purchase)
  const db = openPostgres(purchasing.system.databaseUrl)
  t.teardown(() => db.close())
  const aged = await db.query(
    `UPDATE purchase.commands SET created_at = now() - interval '25 hours', running_until = now() WHERE key = $1 RETURNING key`,
    [purchase.key],
  )
  t.is(aged.length, 1)
  await until('nothing is left to do for the payment', async () => {
    const [open] = await db.query(
      'SELECT FROM purchase.payments WHERE idempotency_key = $1 AND next_check_at IS NOT NULL',
      [purchase.key],
    )
    return open === undefined
  })
  t.like(await view(purchase.userId, purchase.key), {
    status: 'bought',
    booking_id: booking.id,
    hold_id: booking.hold_id,
  })
  await t.throwsAsync(view('stranger', purchase.key), { code: 'not_found' })
})

test('a buyer whose purchase is not known is sent to the bookings before buying again', async (t) => {
  await t.throwsAsync(view('stranger', randomUUID()), { code: 'not_found', message: /look at your bookings/ })
})
