import { randomUUID } from 'node:crypto'
import test from 'ava'
import type { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import { user } from '#shared/messaging/caller.ts'
import { purchaseHold } from '../../workers/purchase/operations/purchase-hold.ts'
import type { Saga } from '../../workers/purchase/saga.ts'
import { crashingSaga } from '../support/crashing-saga.ts'
import { forFile } from '../support/for-file.ts'
import { answerOf, startSagaBench } from '../support/purchase-saga.ts'

/* What becomes of a hold that a purchase made for itself, when the worker dies or nobody answers. */

const bench = forFile(() => startSagaBench())

const wrongPrice = 1

/** One request of one buyer, with one key, and the buyer's holds. */
function newRequest() {
  const caller = user(`user-${randomUUID()}`)
  const key = randomUUID()
  const request = {
    event_id: newId(),
    seat_nos: [1],
    payment_token: 'tok_ok',
    expected_total_minor: wrongPrice,
  }
  const refusal = (by: Saga = bench.saga): Promise<TicketingError> =>
    answerOf(purchaseHold(by), request, { caller, key, withinMs: 3_000 }).then(
      () => {
        throw new Error('bought at the wrong price')
      },
      (error: TicketingError) => error,
    )
  const holds = () => bench.booking.holdsOf(caller.id).map(({ status }) => status)
  return { refusal, holds, caller, key }
}

test.serial(
  'a worker that dies right after holding seats leaves an ordinary hold, which its buyer learns of',
  async (t) => {
    const { refusal, holds, caller, key } = newRequest()
    const whole = crashingSaga(bench.saga)
    await newRequest().refusal(whole.saga)
    const held = whole.steps.indexOf('ask ticketing.v1.booking.hold-seats')
    t.true(held > 0)
    const { saga, crashed } = crashingSaga(bench.saga, { step: held, when: 'after' })
    await Promise.race([refusal(saga), crashed])
    t.deepEqual(holds(), ['active'])

    await bench.db.query('UPDATE purchase.commands SET running_until = now() WHERE key = $1', [key])
    const later = await refusal()
    t.is(later.code, 'price_changed')
    t.deepEqual(holds(), ['active'])
    t.is(later.extra.hold_id, bench.booking.holdsOf(caller.id)[0]?.id)
  },
)

test.serial(
  'a hold whose release is not answered is named in the refusal, and releasing it again harms nothing',
  async (t) => {
    const { refusal, holds } = newRequest()
    bench.booking.script.beforeAnswer = (name) => (name === 'release-hold' ? new Promise(() => undefined) : undefined)
    const unsure = await refusal()
    delete bench.booking.script.beforeAnswer
    t.is(unsure.code, 'price_changed')
    t.is(typeof unsure.extra.hold_id, 'string')

    t.is((await refusal()).extra.hold_id, undefined)
    t.deepEqual(holds(), ['released', 'released'])
  },
)

test.serial(
  'wherever a worker dies while it refuses a price, the repetition is refused for the price, and nothing is charged',
  async (t) => {
    const whole = crashingSaga(bench.saga)
    await newRequest().refusal(whole.saga)
    for (let step = 0; step < whole.steps.length; step += 1) {
      for (const when of ['before', 'after'] as const) {
        const { refusal, holds, key } = newRequest()
        const { saga, crashed, steps } = crashingSaga(bench.saga, { step, when })
        await Promise.race([refusal(saga), crashed])
        await bench.reconcile()
        await bench.db.query('UPDATE purchase.commands SET running_until = now() WHERE key = $1', [key])
        const { code } = await refusal()
        t.is(code, 'price_changed', `${when} ${steps.at(-1)}`)
        t.true(holds().every((status) => status === 'active' || status === 'released'))
      }
    }
    t.is(bench.provider.charges.size, 0)
  },
)
