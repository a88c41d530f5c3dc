import { setTimeout as wait } from 'node:timers/promises'
import { bodyIfDone, type HttpBuyer, type Selection } from './http-buyer.ts'
import { holdTtlMs } from './settings.ts'

/** Somebody with seats, and what is theirs to do next. */
export interface Held {
  readonly buyer: HttpBuyer
  readonly holdId: string
  /** Other places of the same event. */
  readonly others: Selection
  /** Somebody who has no business with any of it. */
  readonly stranger: HttpBuyer
}

type Behave = (held: Held) => Promise<unknown>

const tries = 3

/** What people do with seats they hold; a greater weight is done more often. */
const behaviours = {
  pay: { weight: 28, behave: paying('tok_ok') },
  abandon: { weight: 4, behave: async () => undefined },
  'close the page': { weight: 3, behave: ({ buyer, holdId }) => buyer.abandon(holdId) },
  release: {
    weight: 5,
    behave: ({ buyer, holdId }) => buyer.askUntilFinal(() => buyer.release(holdId), { times: tries }),
  },
  'double submit': { weight: 9, behave: submitTwice },
  'cut connection, same key': { weight: 9, behave: (held) => retryAfterCut(held, { sameKey: true }) },
  'cut connection, new key': { weight: 7, behave: (held) => retryAfterCut(held, { sameKey: false }) },
  'decline, then pay': { weight: 7, behave: declineThenPay },
  'stranger reaches for it': { weight: 6, behave: steal },
  linger: { weight: 3, behave: linger },
  'slow payment': { weight: 2, behave: paying('tok_slow') },
  'payment without answer': { weight: 3, behave: paying('tok_timeout_then_ok') },
  'payment never made': { weight: 2, behave: paying('tok_timeout_then_fail') },
  'capture refused': { weight: 2, behave: paying('tok_capture_fails') },
  'webhook twice': { weight: 2, behave: paying('tok_webhook_twice') },
  'webhook before reply': { weight: 2, behave: paying('tok_webhook_before_reply') },
  'webhook never': { weight: 2, behave: paying('tok_webhook_never') },
  'extend, then pay': { weight: 3, behave: (held) => changeThenPay(held, { extend: true }) },
  'swap, then pay': { weight: 4, behave: (held) => changeThenPay(held, held.others) },
  'swap and pay at once': { weight: 4, behave: swapWhilePaying },
  'give all back': { weight: 5, behave: (held) => buyAndCancel(held, { whole: true }) },
  'give one back': { weight: 5, behave: (held) => buyAndCancel(held, { whole: false }) },
} satisfies Record<string, { weight: number; behave: Behave }>

const weights = Object.fromEntries(Object.entries(behaviours).map(([name, { weight }]) => [name, weight])) as Record<
  keyof typeof behaviours,
  number
>

/** Does one of these things, as the buyer's chance has it. */
export async function behave(held: Held): Promise<void> {
  await behaviours[held.buyer.random.weighted(weights)].behave(held)
}

function paying(token: string): Behave {
  return (held) => pay(held, token)
}

/** Answers the booking, when one is known. */
async function pay({ buyer, holdId }: Pick<Held, 'buyer' | 'holdId'>, token: string) {
  const key = buyer.random.key()
  const booking = bodyIfDone(
    await buyer.askUntilFinal(() => buyer.purchase({ hold_id: holdId, payment_token: token }, key), { times: tries }),
  )
  if (booking !== undefined && buyer.random.next() < 0.3) await buyer.seeOwnSeats(booking)
  return booking
}

/** Two clicks at once, which arrive at two gateways. */
async function submitTwice({ buyer, holdId }: Held): Promise<void> {
  const key = buyer.random.key()
  const what = { hold_id: holdId, payment_token: 'tok_ok' }
  await Promise.all([0, 1].map((gateway) => buyer.purchase(what, key, { gateway })))
  await buyer.askUntilFinal(() => buyer.purchase(what, key), { times: tries })
}

async function retryAfterCut({ buyer, holdId }: Held, { sameKey }: { sameKey: boolean }): Promise<void> {
  const { random } = buyer
  const key = random.key()
  const what = { hold_id: holdId, payment_token: 'tok_ok' }
  await buyer.purchase(what, key, { cutAfterMs: random.between(1, 60) })
  const nextKey = sameKey ? key : random.key()
  await buyer.askUntilFinal(() => buyer.purchase(what, nextKey), { times: tries })
}

async function declineThenPay(held: Held): Promise<void> {
  await pay(held, 'tok_declined')
  await pay(held, 'tok_ok')
}

/** A stranger who knows the id of a hold reaches for it, one way or another; its owner then pays. */
async function steal(held: Held): Promise<void> {
  const { buyer, holdId, stranger, others } = held
  const { random } = buyer
  const reach = random.pick([
    () => stranger.release(holdId),
    () => stranger.abandon(holdId),
    () => stranger.change(holdId, others, random.key()),
    () => stranger.purchase({ hold_id: holdId, payment_token: 'tok_ok' }, random.key()),
  ])
  await reach()
  const bookingId = (await pay(held, 'tok_ok'))?.id
  if (bookingId !== undefined) await stranger.cancel(bookingId, {}, random.key())
}

/** Comes back when the hold has run out, and tries all the same. */
async function linger(held: Held): Promise<void> {
  await wait(holdTtlMs + held.buyer.random.between(0, 1_500))
  await pay(held, 'tok_ok')
}

async function changeThenPay(held: Held, change: Selection | { extend: true }): Promise<void> {
  const { buyer, holdId } = held
  const key = buyer.random.key()
  await buyer.askUntilFinal(() => buyer.change(holdId, change, key), { times: tries })
  await pay(held, 'tok_ok')
}

/** Other places in one window, the payment in another: what is paid for must be what is held then. */
async function swapWhilePaying(held: Held): Promise<void> {
  const { buyer, holdId, others } = held
  const key = buyer.random.key()
  const swap = () => buyer.change(holdId, others, key)
  await Promise.all([buyer.askUntilFinal(swap, { times: tries }), pay(held, 'tok_ok')])
}

/** Buys, and gives all or one of the tickets back; every other time with two clicks. */
async function buyAndCancel(held: Held, { whole }: { whole: boolean }): Promise<void> {
  const { buyer } = held
  const booking = await pay(held, 'tok_ok')
  const [ticket] = booking?.tickets ?? []
  if (booking?.id === undefined || ticket === undefined) return
  const bookingId = booking.id
  const key = buyer.random.key()
  const what = whole ? {} : { ticket_ids: [ticket.id] }
  if (buyer.random.next() < 0.5) {
    await Promise.all([0, 1].map((gateway) => buyer.cancel(bookingId, what, key, { gateway })))
  }
  await buyer.askUntilFinal(() => buyer.cancel(bookingId, what, key), { times: tries })
}
