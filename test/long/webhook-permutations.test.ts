import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import { purchaseHold as contract } from '#shared/contracts/purchase.ts'
import { user } from '#shared/messaging/caller.ts'
import { commandOf } from '../../workers/purchase/answer-once.ts'
import { purchaseHold } from '../../workers/purchase/operations/purchase-hold.ts'
import { paymentSteps } from '../../workers/purchase/payment-steps.ts'
import { driveToEnd } from '../../workers/purchase/saga.ts'
import { lockPaymentByKey } from '../../workers/purchase/store/payments.ts'
import { forFile } from '../support/for-file.ts'
import { answerOf, contextOf, startSagaBench, stepContextNow } from '../support/purchase-saga.ts'
import type { ProviderStep } from '../support/scripted-provider.ts'

const bench = forFile(() => startSagaBench())

/** What can happen around one request to the provider, which has done what it was asked for. */
const happenings = ['reply', 'webhook', 'duplicate webhook', 'late webhook', 'time-out', 'retry'] as const
type Happening = (typeof happenings)[number]
type Played = Exclude<Happening, 'duplicate webhook'>

interface Case {
  readonly step: ProviderStep
  readonly token: string
  readonly confirm: 'CONFIRMED' | 'LOST'
  /** `payment at home, charge at the provider, hold, booking, what the buyer is told` */
  readonly end: string
}

const cases: Record<string, Case> = {
  'authorised money': {
    step: 'authorise',
    token: 'tok_ok',
    confirm: 'CONFIRMED',
    end: 'captured, captured, converted, confirmed, bought',
  },
  'declined money': {
    step: 'authorise',
    token: 'tok_declined',
    confirm: 'CONFIRMED',
    end: 'failed, declined, active, pending, payment_declined',
  },
  'captured money': {
    step: 'capture',
    token: 'tok_ok',
    confirm: 'CONFIRMED',
    end: 'captured, captured, converted, confirmed, bought',
  },
  'a refused capture': {
    step: 'capture',
    token: 'tok_capture_fails',
    confirm: 'CONFIRMED',
    end: 'failed, declined, converted, cancelled, payment_declined',
  },
  'freed money of lost seats': {
    step: 'void',
    token: 'tok_ok',
    confirm: 'LOST',
    end: 'voided, voided, expired, failed, hold_expired',
  },
}

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]))
}

/**
 * All orders in which they can happen, as far as they differ: a request has one answer or none, so of reply and time-out
 * the later one is nothing; and a webhook and its duplicate are the same bytes.
 */
function ordersThatDiffer(): Played[][] {
  const orders = permutations(happenings).map((order) => {
    const answers = order.filter((each) => each === 'reply' || each === 'time-out')
    return order.filter((each) => each !== answers[1]).map((each) => (each === 'duplicate webhook' ? 'webhook' : each))
  })
  return [...new Map(orders.map((order) => [order.join(), order])).values()]
}

/** Plays one purchase in which these things happen in this order, and answers how it ended. */
async function play({ step, token, confirm }: Case, order: readonly Played[]): Promise<string> {
  const { saga, booking, provider } = bench
  const userId = `user-${randomUUID()}`
  const hold = Object.assign(booking.giveHold({ userId }), { confirm })
  const request = { hold_id: hold.id, payment_token: token }
  const asked = { caller: user(userId), key: randomUUID() }
  const { providerKey } = commandOf(contract, request, contextOf(asked))
  const told: string[] = []
  const tell = (what: string): void => {
    if (what !== 'idempotency_key_in_use') told.push(what)
  }
  const buy = (): Promise<void> =>
    answerOf(purchaseHold(saga), request, asked).then(
      (booking) => tell((booking as { status: string }).status === 'confirmed' ? 'bought' : 'open'),
      (error) => tell(error.code),
    )
  const underWay: Promise<void>[] = []
  const driveOn = async (): Promise<void> => {
    const payment = await lockPaymentByKey(saga.postgres, providerKey)
    if (payment !== null) await driveToEnd(saga, paymentSteps, payment, stepContextNow())
  }

  const answer = provider.holdBack(step, providerKey)
  underWay.push(buy())
  await answer.reached
  const [first = '', ...later] = provider.webhooks(providerKey)
  const latest = later.at(-1) ?? first
  const happen: Record<Played, () => unknown> = {
    reply: answer.answer,
    'time-out': answer.lose,
    webhook: () => bench.deliver(latest).then(() => void underWay.push(driveOn())),
    // Told again under another id: the inbox does not know it.
    'late webhook': () => bench.deliver(first.replace('"id":"', '"id":"late ')),
    retry: buy,
  }
  for (const happening of order) await happen[happening]()
  await Promise.all(underWay)
  // What neither an answer nor a webhook moved is left to the reconciler.
  await driveOn()
  const open = await bench.db.query(
    'SELECT FROM purchase.payments WHERE provider_key = $1 AND next_check_at IS NOT NULL',
    [providerKey],
  )
  if (open.length > 0) return 'something is left to do'
  await buy()

  const payments = await bench.db.query<{ status: string }>(
    'SELECT status FROM purchase.payments WHERE provider_key = $1',
    [providerKey],
  )
  const answers = [...new Set(told)].filter((what) => what !== 'open')
  const charge = provider.charges.get(providerKey)?.charge.state
  return [
    payments.map(({ status }) => status).join('+'),
    charge,
    hold.status,
    hold.bookingStatus,
    answers.join('+'),
  ].join(', ')
}

for (const [what, played] of Object.entries(cases)) {
  test.serial(`${what}: reply, webhooks, time-out and retry in any order come to the same end`, async (t) => {
    const orders = ordersThatDiffer()
    t.is(orders.length, 120)
    const ends = new Map<string, Played[]>()
    const next = orders.values()
    const playOn = async (): Promise<void> => {
      for (const order of next) ends.set(await play(played, order), order)
    }
    await Promise.all(Array.from({ length: 8 }, playOn))
    t.true(isDeepStrictEqual([...ends.keys()], [played.end]), JSON.stringify([...ends]))
  })
}

test.after('the books balance: what we captured is what the provider took', async (t) => {
  const [ours] = await bench.db.query<{ captured: number; payments: number }>(
    'SELECT sum(captured_minor)::bigint AS captured, count(*) AS payments FROM purchase.payments',
  )
  const charges = [...bench.provider.charges.values()]
  const captured = charges.filter(({ charge }) => charge.state === 'captured')
  t.deepEqual(ours, {
    captured: captured.reduce((sum, { amountMinor }) => sum + amountMinor, 0),
    payments: charges.length,
  })
  t.false(charges.some(({ charge }) => charge.state === 'authorised'))
})
