import { randomUUID } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { user } from '#shared/messaging/caller.ts'
import { cancelBooking } from '../../workers/purchase/operations/cancel-booking.ts'
import { purchaseHold } from '../../workers/purchase/operations/purchase-hold.ts'
import type { SagaParts } from '../../workers/purchase/saga.ts'
import { crashingSaga } from '../support/crashing-saga.ts'
import { forFile } from '../support/for-file.ts'
import { answerOf, startSagaBench } from '../support/purchase-saga.ts'
import type { ScriptedHold } from '../support/scripted-booking.ts'
import { refundedOf } from '../support/scripted-provider.ts'

const bench = forFile(() => startSagaBench())

interface Story {
  readonly token: string
  readonly confirm: 'CONFIRMED' | 'LOST'
  /** Bought before, and what crashes is its cancellation. */
  readonly cancels: boolean
  /** `hold, booking, payment, charge, refunded of captured`: the end without a crash first. */
  readonly ends: readonly [string, ...string[]]
}

/** The token went with the crash, or the crash came before anybody was asked: then the seats are held as before. */
const asBefore = ['active, pending, failed, none, 0 of 0', 'active, pending, none, none, 0 of 0']

const stories: Record<string, Story> = {
  'a purchase': {
    token: 'tok_ok',
    confirm: 'CONFIRMED',
    cancels: false,
    ends: ['converted, confirmed, captured, captured, 0 of 5000', ...asBefore],
  },
  'a purchase of lost seats': {
    token: 'tok_ok',
    confirm: 'LOST',
    cancels: false,
    ends: ['expired, failed, voided, voided, 0 of 0', ...asBefore],
  },
  'a declined purchase': {
    token: 'tok_declined',
    confirm: 'CONFIRMED',
    cancels: false,
    ends: ['active, pending, failed, declined, 0 of 0', ...asBefore],
  },
  'a purchase whose capture is refused': {
    token: 'tok_capture_fails',
    confirm: 'CONFIRMED',
    cancels: false,
    ends: ['converted, cancelled, failed, declined, 0 of 0', ...asBefore],
  },
  'a cancellation': {
    token: 'tok_ok',
    confirm: 'CONFIRMED',
    cancels: true,
    ends: [
      'converted, cancelled, refunded, refunded, 5000 of 5000',
      'converted, confirmed, captured, captured, 0 of 5000',
    ],
  },
}

interface Asked {
  readonly hold: ScriptedHold
  ask(by: SagaParts): Promise<unknown>
}

async function begin({ token, confirm, cancels }: Story): Promise<Asked> {
  const userId = `user-${randomUUID()}`
  const hold = Object.assign(bench.booking.giveHold({ userId, tickets: 2 }), { confirm })
  const asked = { caller: user(userId), key: randomUUID(), withinMs: 3_000 }
  const buy = (by: SagaParts) => answerOf(purchaseHold(by), { hold_id: hold.id, payment_token: token }, asked)
  if (!cancels) return { hold, ask: buy }
  await buy(bench.saga)
  return { hold, ask: (by) => answerOf(cancelBooking(by), { booking_id: hold.bookingId }, asked) }
}

async function endOf({ userId, status, bookingStatus }: ScriptedHold): Promise<string> {
  const [payment] = await bench.db.query<{ status: string; key: string; captured: number; refunded: number }>(
    `SELECT status, provider_key AS key, captured_minor AS captured, refunded_minor AS refunded
     FROM purchase.payments WHERE user_id = $1 ORDER BY id DESC LIMIT 1`,
    [userId],
  )
  const charge = payment && bench.provider.charges.get(payment.key)
  if (charge && refundedOf(charge) !== payment.refunded) return 'the provider gave back another sum'
  const sums = `${payment?.refunded ?? 0} of ${payment?.captured ?? 0}`
  return [status, bookingStatus, payment?.status ?? 'none', charge?.charge.state ?? 'none', sums].join(', ')
}

async function testStory(t: ExecutionContext, story: Story): Promise<void> {
  const whole = crashingSaga(bench.saga)
  const { ask } = await begin(story)
  await ask(whole.saga).catch(() => undefined)
  const seen = new Map<string, string>()
  for (let step = 0; step < whole.steps.length; step += 1) {
    for (const when of ['before', 'after'] as const) {
      const { hold, ask } = await begin(story)
      const { saga, steps, crashed } = crashingSaga(bench.saga, { step, when })
      await Promise.race([ask(saga).catch(() => undefined), crashed])
      const where = `${when} ${steps.at(-1)} (${step})`
      await bench.reconcile()
      const end = await endOf(hold)
      t.true(story.ends.includes(end), `${where}: ${end}`)
      seen.set(where, end)
      // The buyer asks again with the same key, once the dead worker's time is over: that may help, and harms nothing.
      await bench.db.query(`UPDATE purchase.commands SET running_until = now() WHERE status = 'running'`)
      await ask(bench.saga).catch(() => undefined)
      await bench.reconcile()
      const later = await endOf(hold)
      t.true(end === story.ends[0] ? later === end : story.ends.includes(later), `${where}, asked again: ${later}`)
      if (story.cancels) t.is(later, story.ends[0])
    }
  }
  t.true(seen.size > 15)
  t.true([...seen.values()].at(-1) === story.ends[0])
}

for (const [what, story] of Object.entries(stories)) {
  test.serial(`order stuck pending after a crash: ${what} that dies before or after any step comes to its end`, (t) =>
    testStory(t, story),
  )
}
