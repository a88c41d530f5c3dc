import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import test from 'ava'
import type { Booking } from '#shared/contracts/bookings.ts'
import { newId, publicId } from '#shared/ids.ts'
import { anonymous, type Caller, user } from '#shared/messaging/caller.ts'
import { cancelBooking } from '../../workers/purchase/operations/cancel-booking.ts'
import { purchaseHold } from '../../workers/purchase/operations/purchase-hold.ts'
import { refundBooking } from '../../workers/purchase/operations/refund-booking.ts'
import { paymentSteps } from '../../workers/purchase/payment-steps.ts'
import { refundSteps } from '../../workers/purchase/refund-steps.ts'
import { purchaseRetention } from '../../workers/purchase/retention.ts'
import { driveToEnd } from '../../workers/purchase/saga.ts'
import { findPaymentByKey } from '../../workers/purchase/store/payments.ts'
import { readRefund } from '../../workers/purchase/store/refunds.ts'
import { deleteOld } from '../support/delete-old.ts'
import { forFile } from '../support/for-file.ts'
import { answerOf, startSagaBench, stepContextNow } from '../support/purchase-saga.ts'
import { assertRefused, outcomeOf, outcomesOf } from '../support/refusals.ts'
import type { ScriptedHold } from '../support/scripted-booking.ts'
import { refundedOf } from '../support/scripted-provider.ts'

type Reply = Booking & { message: string }

const bench = forFile(() => startSagaBench())

const organiser: Caller = { role: 'organiser', id: 'key' }

interface Asking {
  readonly caller?: Caller
  readonly key?: string
  readonly tickets?: readonly number[]
  readonly withinMs?: number
}

function cancel(hold: ScriptedHold, { caller = user(hold.userId), tickets, ...asking }: Asking = {}): Promise<Reply> {
  const ticket_ids = tickets?.map((index) => hold.tickets[index]?.id)
  const request = { booking_id: hold.bookingId, ...(ticket_ids && { ticket_ids }) }
  const operation = caller.role === 'organiser' ? refundBooking : cancelBooking
  return answerOf(operation(bench.saga), request, { caller, ...asking }) as Promise<Reply>
}

async function paymentOf({ userId }: ScriptedHold) {
  const [payment] = await bench.db.query<{
    key: string
    status: string
    captured_minor: number
    promised_minor: number
    refunded_minor: number
  }>(
    `SELECT provider_key AS key, status, captured_minor, promised_minor, refunded_minor
     FROM purchase.payments WHERE user_id = $1`,
    [userId],
  )
  if (payment === undefined) throw new Error('no payment')
  const charge = bench.provider.charges.get(payment.key)
  return { ...payment, givenBack: charge ? refundedOf(charge) : 0 }
}

async function factsOf({ eventId }: ScriptedHold) {
  const rows = await bench.db.query<{ subject: string; payload: Record<string, unknown> }>(
    `SELECT subject, payload FROM purchase.outbox WHERE subject LIKE '%' || $1 || '%' ORDER BY id`,
    [eventId],
  )
  return rows.map(({ subject, payload }) => [
    subject.split('.').at(-1),
    payload.status,
    payload.refunded_minor,
    payload.amount_minor,
    payload.version,
  ])
}

test('a buyer who cancels gets all the money back, and the booking shows it', async (t) => {
  const hold = await bench.buy()
  const booking = await cancel(hold)
  t.like(booking, { status: 'cancelled', cancelled_for: 'buyer', refunded_minor: 6_000, refund_due_minor: 0 })
  t.is(booking.message, 'The tickets were given back and 60.00 EUR refunded.')
  t.like(await paymentOf(hold), { status: 'refunded', refunded_minor: 6_000, givenBack: 6_000 })
  t.deepEqual(await factsOf(hold), [
    ['captured', 'captured', 0, 6_000, 5],
    ['refunded', 'refunded', 6_000, 6_000, 6],
  ])
})

test('tickets are given back one by one, each with its share of the money', async (t) => {
  const hold = await bench.buy({ tickets: 3 })
  const first = await cancel(hold, { tickets: [1] })
  t.like(first, { status: 'confirmed', refunded_minor: 2_000 })
  t.is(first.tickets.map(({ status }) => status).join(' '), 'valid void valid')
  t.like(await paymentOf(hold), { status: 'captured', refunded_minor: 2_000, givenBack: 2_000 })
  await assertRefused(t, cancel(hold, { tickets: [1] }), 'not_cancellable')
  t.like(await cancel(hold), { status: 'cancelled', refunded_minor: 6_000 })
  t.like(await paymentOf(hold), { status: 'refunded', givenBack: 6_000 })
  await assertRefused(t, cancel(hold), 'not_cancellable')
  const told = (await factsOf(hold)).map(([what, status]) => `${what}: ${status}`)
  t.is(told.join(), 'captured: captured,refunded: captured,refunded: refunded')
})

test('refunds that race for the same tickets give each one back once', async (t) => {
  const hold = await bench.buy({ tickets: 3 })
  const wishes = [[0], [0, 1], [1, 2], [2], [0, 1, 2], undefined, undefined]
  const refunds = wishes.map((tickets) => cancel(hold, tickets ? { tickets } : {}))
  t.deepEqual(await outcomesOf(refunds), ['done', 'not_cancellable'])
  const { promised_minor, refunded_minor, givenBack } = await paymentOf(hold)
  const voided = hold.tickets.filter(({ status }) => status === 'void').length
  t.true(voided > 0)
  t.deepEqual([promised_minor, refunded_minor, givenBack], Array(3).fill(voided * 2_000))
})

test('one key cancels once and is answered the same ever after', async (t) => {
  const hold = await bench.buy({ tickets: 2 })
  const key = randomUUID()
  const first = await cancel(hold, { key, tickets: [0] })
  for (let time = 1; time <= 3; time += 1) t.deepEqual(await cancel(hold, { key, tickets: [0] }), first)
  await assertRefused(t, cancel(hold, { key, tickets: [1] }), 'idempotency_key_reused')
  t.is((await paymentOf(hold)).givenBack, 3_000)
})

test('four clicks, four refunds: a key that is sent many times at once pays back once', async (t) => {
  const hold = await bench.buy()
  const key = randomUUID()
  const clicks = await Promise.all(Array.from({ length: 4 }, () => outcomeOf(cancel(hold, { key }))))
  t.true(clicks.includes('done'))
  t.true(clicks.every((outcome) => ['done', 'idempotency_key_in_use'].includes(outcome)))
  t.is((await paymentOf(hold)).givenBack, 6_000)
})

test.serial('what the policy refuses changes nothing, and an organiser may do it all the same', async (t) => {
  const hold = await bench.buy()
  bench.booking.script.cancellable = false
  const key = randomUUID()
  const { message, extra } = await assertRefused(t, cancel(hold, { key }), 'not_cancellable')
  t.is(message, 'It is too late to give tickets back.')
  t.is(extra.reason, 'too_late')
  t.like(await paymentOf(hold), { status: 'captured', promised_minor: 0, givenBack: 0 })
  await assertRefused(t, cancel(hold, { key }), 'not_cancellable')
  const booking = await cancel(hold, { caller: organiser })
  bench.booking.script.cancellable = true
  t.like(booking, { status: 'cancelled', cancelled_for: 'organiser', refunded_minor: 6_000 })
})

test('only the buyer cancels a booking, and only an organiser refunds one', async (t) => {
  const hold = await bench.buy()
  await assertRefused(t, cancel(hold, { caller: user('stranger') }), 'not_found')
  await assertRefused(t, cancel(hold, { caller: anonymous }), 'unauthenticated')
  const request = { booking_id: hold.bookingId }
  const byBuyer = answerOf(refundBooking(bench.saga), request, { caller: user(hold.userId) })
  await assertRefused(t, byBuyer, 'forbidden')
  const nowhere = { booking_id: publicId({ eventId: newId(), ownId: newId() }) }
  await assertRefused(t, answerOf(refundBooking(bench.saga), nowhere, { caller: organiser }), 'not_found')
  t.is((await paymentOf(hold)).givenBack, 0)
})

test('a booking whose payment was declined cannot be cancelled', async (t) => {
  const userId = `user-${randomUUID()}`
  const hold = bench.booking.giveHold({ userId })
  const request = { hold_id: hold.id, payment_token: 'tok_declined' }
  const buying = answerOf(purchaseHold(bench.saga), request, { caller: user(userId) })
  await assertRefused(t, buying, 'payment_declined')
  await assertRefused(t, cancel(hold), 'not_cancellable')
})

test('free tickets are given back without asking the provider', async (t) => {
  const hold = await bench.buy({ totalMinor: 0, tickets: 2 })
  t.like(await cancel(hold, { tickets: [0] }), { status: 'confirmed', refunded_minor: 0 })
  t.is((await paymentOf(hold)).status, 'captured')
  const booking = await cancel(hold)
  t.like(booking, { status: 'cancelled', message: 'The tickets were given back; there was nothing to refund.' })
  t.is((await paymentOf(hold)).status, 'refunded')
})

// Serial: reconciling ends what others have open.
test.serial('money that takes its time is shown as due, and arrives once', async (t) => {
  const hold = await bench.buy()
  const key = randomUUID()
  const { key: chargeKey } = await paymentOf(hold)
  bench.provider.holdBack('refund', chargeKey)
  const booking = await cancel(hold, { key, withinMs: 4_000 })
  t.like(booking, { status: 'cancelled', refunded_minor: 0, refund_due_minor: 6_000 })
  t.regex(booking.message, /60\.00 EUR are on their way/)
  t.like(await paymentOf(hold), { status: 'captured', promised_minor: 6_000, refunded_minor: 0 })
  await bench.reconcile()
  t.like(await paymentOf(hold), { status: 'refunded', givenBack: 6_000 })
  t.like(await cancel(hold, { key }), { refunded_minor: 6_000, refund_due_minor: 0 })
})

test.serial('a payment whose money is all back, but still due to be looked at, is settled at that look', async (t) => {
  const hold = await bench.buy()
  await cancel(hold)
  const { key } = await paymentOf(hold)
  await bench.db.query('UPDATE purchase.payments SET next_check_at = now() WHERE provider_key = $1', [key])
  const due = await findPaymentByKey(bench.db, key)
  t.like(due, { status: 'refunded', settled: false })
  if (due === null) return
  t.like(await driveToEnd(bench.saga, paymentSteps, due, stepContextNow()), { status: 'refunded', settled: true })
  t.like(await findPaymentByKey(bench.db, key), { status: 'refunded', settled: true })
})

test('a refund heard of by webhook needs no answer', async (t) => {
  const hold = await bench.buy()
  const { key } = await paymentOf(hold)
  const answer = bench.provider.holdBack('refund', key)
  const cancelling = cancel(hold)
  await answer.reached
  const [, , told = ''] = bench.provider.webhooks(key)
  t.deepEqual(await bench.deliver(told), { outcome: 'applied' })
  t.deepEqual(await bench.deliver(told), { outcome: 'duplicate' })
  t.like(await paymentOf(hold), { status: 'refunded', refunded_minor: 6_000 })
  answer.lose()
  t.like(await cancelling, { status: 'cancelled', refunded_minor: 6_000 })
  t.like(await paymentOf(hold), { refunded_minor: 6_000, givenBack: 6_000 })
})

test('drivers that race for one refund pay back once, wherever they meet', async (t) => {
  const holds = await Promise.all(Array.from({ length: 12 }, () => bench.buy({ tickets: 2 })))
  await Promise.all(
    holds.map(async (hold, index) => {
      const cancelling = cancel(hold)
      for (let driver = 0; driver < 3; driver += 1) {
        await pause(index)
        const [found] = await bench.db.query<{ id: string }>('SELECT id FROM purchase.refunds WHERE event_id = $1', [
          hold.eventId,
        ])
        if (found) await driveToEnd(bench.saga, refundSteps, await readRefund(bench.db, found.id), stepContextNow())
      }
      t.like(await cancelling, { status: 'cancelled', refunded_minor: 6_000 })
      t.like(await paymentOf(hold), {
        status: 'refunded',
        promised_minor: 6_000,
        refunded_minor: 6_000,
        givenBack: 6_000,
      })
    }),
  )
})

test('the database itself refuses refunds beyond what was captured', async (t) => {
  const hold = await bench.buy()
  const { key } = await paymentOf(hold)
  const refusedBy = async (assignment: string): Promise<string> => {
    const sql = `UPDATE purchase.payments SET ${assignment} WHERE provider_key = $1`
    const error: unknown = await bench.db.query(sql, [key]).catch((reason: unknown) => reason)
    return String((error as { constraint?: string }).constraint)
  }
  t.is(await refusedBy('promised_minor = 6001'), 'promised_within_capture')
  t.is(await refusedBy('refunded_minor = 1'), 'refunded_within_promise')
  t.is(await refusedBy(`status = 'refunded'`), 'refunded_means_wholly')
  t.is(await refusedBy('captured_minor = 5999'), 'captured_in_full')
})

test('a key is forgotten after a day, unless something that came of it is still open', async (t) => {
  const hold = await bench.buy({ tickets: 2 })
  const key = randomUUID()
  await cancel(hold, { key, tickets: [0] })
  await bench.db.query(`UPDATE purchase.commands SET created_at = now() - interval '25 hours' WHERE key = $1`, [key])
  const checkAt = (time: string) =>
    bench.db.query(`UPDATE purchase.refunds SET next_check_at = ${time} WHERE event_id = $1`, [hold.eventId])
  await checkAt(`now() + interval '1 hour'`)
  await assertRefused(t, cancel(hold, { key, tickets: [1] }), 'idempotency_key_reused')
  await checkAt('NULL')
  await bench.db.query(`UPDATE purchase.commands SET running_until = now() - interval '24 hours' WHERE key = $1`, [key])
  t.like(await cancel(hold, { key, tickets: [1] }), { status: 'cancelled', refunded_minor: 6_000 })
})

test.serial('keys and webhooks that are old are deleted, and no others', async (t) => {
  const [old, oldButOpen, young] = await Promise.all([bench.buy(), bench.buy(), bench.buy()])
  for (const { userId } of [old, oldButOpen]) {
    await bench.db.query(
      `UPDATE purchase.commands SET created_at = now() - interval '25 hours', running_until = now() - interval '25 hours'
       WHERE scope = 'purchase-hold user:' || $1`,
      [userId],
    )
  }
  await bench.db.query(`UPDATE purchase.payments SET next_check_at = now() + interval '1 hour' WHERE user_id = $1`, [
    oldButOpen.userId,
  ])
  t.deepEqual(await deleteOld(bench.db, purchaseRetention, 'commands'), { 'purchase.commands': 1 })
  const left = await bench.db.query<{ scope: string }>('SELECT scope FROM purchase.commands')
  const isLeft = ({ userId }: ScriptedHold): boolean => left.some(({ scope }) => scope.endsWith(`:${userId}`))
  t.deepEqual([old, oldButOpen, young].map(isLeft), [false, true, true])

  for (const { userId } of [old, young]) {
    const [first = ''] = bench.provider.webhooks((await paymentOf({ ...young, userId })).key)
    await bench.deliver(first)
  }
  await bench.db.query(
    `UPDATE purchase.provider_inbox SET received_at = now() - interval '8 days' WHERE provider_event_id LIKE $1 || '%'`,
    [(await paymentOf(old)).key],
  )
  t.deepEqual(await deleteOld(bench.db, purchaseRetention, 'provider-inbox'), { 'purchase.provider_inbox': 1 })
})
