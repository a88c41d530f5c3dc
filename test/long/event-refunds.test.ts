import { randomUUID } from 'node:crypto'
import test from 'ava'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import { refundEvent, viewEventRefunds } from '#shared/contracts/purchase.ts'
import { newId } from '#shared/ids.ts'
import { anonymous, type Caller, user } from '#shared/messaging/caller.ts'
import { askWorker } from '../support/asking.ts'
import { forFile } from '../support/for-file.ts'
import { startPurchasing } from '../support/purchasing.ts'
import type { ScriptedHold } from '../support/scripted-booking.ts'
import { until } from '../support/until.ts'

const purchasing = forFile(() => startPurchasing({ workers: 2, env: { PROVIDER_TIMEOUT_MS: '2000' } }))

const organiser: Caller = { role: 'organiser', id: 'key' }
/** A busy machine needs it. */
const patience = { timeoutMs: 50_000 }

async function buy(eventId: string, totalMinor: number): Promise<ScriptedHold> {
  const userId = `user-${randomUUID()}`
  const hold = purchasing.booking.giveHold({ userId, totalMinor, eventId })
  const purchase = { userId, key: randomUUID(), request: { hold_id: hold.id, payment_token: 'tok_ok' } }
  // On a busy machine an answer may come too late; the same key asks for it again.
  const isBought = async (): Promise<boolean> =>
    purchasing.buy(purchase).then(
      ({ booking }) => booking.payment.status === 'captured',
      () => false,
    )
  await until('it is bought', isBought, patience)
  return hold
}

function progress(eventId: string): Promise<ReplyOf<typeof viewEventRefunds>> {
  return askWorker(purchasing.bus, viewEventRefunds, { event_id: eventId }, { caller: organiser })
}

async function untilDone(eventId: string) {
  await until('all is refunded', async () => (await progress(eventId)).status === 'done', patience)
}

test.serial('a cancelled event is refunded to the end although its workers are killed in the middle', async (t) => {
  const { system, booking } = purchasing
  const eventId = newId()
  const holds: ScriptedHold[] = []
  while (holds.length < 60) {
    const prices = Array.from({ length: 10 }, (_, index) =>
      holds.length === 0 && index < 3 ? 0 : 10_000 + holds.length + index,
    )
    holds.push(...(await Promise.all(prices.map((price) => buy(eventId, price)))))
  }
  const other = await buy(newId(), 9_999)
  const total = holds.reduce((sum, { totalMinor }) => sum + totalMinor, 0)

  // Some tickets come back, then nobody answers any more, then the workers die.
  let answered = 0
  booking.script.beforeAnswer = (name) => {
    if (name === 'cancel-tickets') answered += 1
    return name === 'record-refund' && answered > 30 ? new Promise(() => undefined) : undefined
  }
  const begun = await askWorker(purchasing.bus, refundEvent, { event_id: eventId }, { caller: organiser })
  t.like(begun, { status: 'running', bookings: 60, refunded: 0, refunded_minor: 0, finished_at: null })
  await until('some are refunded', async () => (await progress(eventId)).refunded > 10, patience)
  await Promise.all(system.processes('purchase').map((process) => process.kill()))
  delete booking.script.beforeAnswer
  await system.start('purchase')
  const between = await progress(eventId)
  t.is(between.status, 'running')
  t.true(between.refunded < 60, `${between.refunded} were refunded before the end`)
  t.like(await askWorker(purchasing.bus, refundEvent, { event_id: eventId }), { started_at: begun.started_at })

  await untilDone(eventId)
  const done = await progress(eventId)
  t.like(done, { bookings: 60, refunded: 60, refunded_minor: total })
  t.truthy(done.finished_at)
  for (const hold of holds) {
    t.like(hold, { bookingStatus: 'cancelled', cancelledFor: 'event_cancelled' })
    t.is([...hold.refunds.values()].map(({ done }) => done).join(), 'true')
  }
  const ledger = new Map((await purchasing.ledger()).map((charge) => [charge.amount_minor, charge]))
  for (const { totalMinor } of holds.slice(3)) {
    t.like(ledger.get(totalMinor), { state: 'refunded', refunded_minor: totalMinor })
  }
  t.is(other.bookingStatus, 'confirmed')
})

test.serial('money that is taken while an event is being cancelled goes back, too', async (t) => {
  const eventId = newId()
  await buy(eventId, 20_001)
  const userId = `user-${randomUUID()}`
  const hold = purchasing.booking.giveHold({ userId, totalMinor: 20_002, eventId })
  const request = { hold_id: hold.id, payment_token: 'tok_slow' }
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  purchasing.booking.script.beforeAnswer = (name) => (name === 'confirm-hold' ? released : undefined)
  const buying = purchasing.buy({ userId, request }).catch(() => undefined)
  await until('its seats are being sold', () => hold.status === 'converted')
  await askWorker(purchasing.bus, refundEvent, { event_id: eventId })
  await until('the first is refunded', async () => (await progress(eventId)).refunded === 1, patience)
  t.is((await progress(eventId)).status, 'running')
  delete purchasing.booking.script.beforeAnswer
  release()
  await buying
  await untilDone(eventId)
  t.like(await progress(eventId), { bookings: 2, refunded: 2, refunded_minor: 40_003 })

  await buy(eventId, 20_003)
  const isLateOneRefunded = async () => (await progress(eventId)).refunded_minor === 60_006
  await until('a sale after the end is refunded, too', isLateOneRefunded, patience)
  await untilDone(eventId)
})

test.serial('only organisers see how far refunds are, and only of an event that is being refunded', async (t) => {
  const eventId = newId()
  const view = (caller: Caller) => askWorker(purchasing.bus, viewEventRefunds, { event_id: eventId }, { caller })
  t.is((await t.throwsAsync(view(user('ada'))))?.message, 'Only organisers can do this.')
  await t.throwsAsync(view(anonymous))
  await t.throwsAsync(view(organiser), { message: /not being refunded/ })
  await askWorker(purchasing.bus, refundEvent, { event_id: eventId })
  await untilDone(eventId)
  t.like(await progress(eventId), { bookings: 0, refunded: 0 })
})

test.after('our books agree with the ledger of the provider', async (t) => {
  const captured = (await purchasing.ledger()).filter(({ state }) => state === 'captured' || state === 'refunded')
  const due = captured.reduce((sum, charge) => sum + charge.amount_minor - charge.refunded_minor, 0)
  t.is(due, 9_999)
})
