import test from 'ava'
import fc from 'fast-check'
import type { QueuePlace } from '#shared/contracts/waiting-room.ts'
import type { Answer, Fault } from '../../gateway/storefront/browser/api.ts'
import {
  afterHold,
  afterPoll,
  afterPurchase,
  beginState,
  nextAsk,
  type Purchase,
  type PurchaseReply,
  pay,
  unansweredOf,
} from '../../gateway/storefront/browser/hold-state.ts'
import { minutesToAnnounce, secondsLeft } from '../../gateway/storefront/browser/hold-timer.ts'
import type { Intention, PayState } from '../../gateway/storefront/views/pay-state.ts'
import { afterPlace, afterRefusal } from '../../gateway/storefront/views/queue/queue-state.ts'
import { QueueSpeed } from '../../gateway/waiting-room/queue-speed.ts'
import { always } from '../support/always.ts'

const held: PayState = { name: 'held', note: null }
const intention: Intention = { key: 'k1', token: 'tok_ok', totalMinor: 5_000, currency: 'EUR' }
const paying: PayState = { name: 'paying', intention, tries: 0, isOffline: false }
const waiting: PayState = { name: 'waiting', intention, polls: 0, isOffline: false }

const refused = (code: Fault['code'], { retryable = false, status = 409, ...extra }: Partial<Fault> = {}) =>
  ({ ok: false, problem: { code, status, title: code, detail: `${code}.`, retryable, ...extra } }) as const
const offline = refused('offline', { retryable: true, status: 0 })
const bought = (status: 201 | 202) =>
  ({ ok: true, status, value: { id: 'b1' }, headers: new Headers() }) as unknown as Answer<PurchaseReply>
const looked = (value: Partial<Purchase>) =>
  ({ ok: true, status: 200, value, headers: new Headers() }) as unknown as Answer<Purchase>

test('a press sends one purchase, and a second press nothing', (t) => {
  const pressed = pay(held, intention)
  t.deepEqual(nextAsk(pressed), { what: 'purchase', afterMs: 0 })
  t.is(pay(pressed, { ...intention, key: 'k2' }), pressed)
  t.is(pay(waiting, { ...intention, key: 'k2' }), waiting)
})

test('a reload repeats the same request until it was answered for good', (t) => {
  for (const state of [paying, waiting]) t.is(unansweredOf(state), intention)
  t.deepEqual(beginState({ status: 'active' }, intention), paying)
  t.deepEqual(beginState({ status: 'converted' }, intention), paying)
  for (const answer of [bought(201), refused('payment_declined', { status: 402 })]) {
    t.is(unansweredOf(afterPurchase(paying, answer)), null)
  }
})

test('without an answer the same key is sent after 0.5, 1, 2 and 4 s, then it is asked for how it ended', (t) => {
  let state: PayState = paying
  const pauses: number[] = []
  while (state.name === 'paying') {
    state = afterPurchase(state, offline)
    if (state.name === 'paying') pauses.push(nextAsk(state)?.afterMs ?? -1)
    t.is(unansweredOf(state)?.key, 'k1')
  }
  t.deepEqual(pauses, [500, 1_000, 2_000, 4_000])
  t.like(state, { name: 'waiting', isOffline: true })
})

test('it is asked after 1, 2, 4 and then every 8 s', (t) => {
  const pauses = [0, 1, 2, 3, 4].map((polls) => nextAsk({ ...waiting, polls } as PayState)?.afterMs)
  t.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 8_000])
  t.like(afterPoll(waiting, looked({ status: 'processing' })), { name: 'waiting', polls: 1 })
  t.like(afterPoll(waiting, offline), { name: 'waiting', polls: 1, isOffline: true })
})

test('what never arrived is sent again with its key, by itself', (t) => {
  for (const answer of [refused('not_found', { status: 404 }), looked({ status: 'not_started' })]) {
    t.like(afterPoll(waiting, answer), { name: 'paying', intention })
  }
})

test('every answer to a purchase has its own next state', (t) => {
  const after = (answer: Answer<PurchaseReply>) => afterPurchase(paying, answer)
  t.deepEqual(after(bought(201)), { name: 'bought', bookingId: 'b1' })
  t.like(after(bought(202)), { name: 'waiting', intention })
  t.deepEqual(after(refused('payment_declined', { failure: 'declined' })), { name: 'held', note: 'declined' })
  t.deepEqual(after(refused('payment_declined', { failure: 'not_authorised' })), {
    name: 'held',
    note: 'not_authorised',
  })
  t.deepEqual(after(refused('payment_declined', { failure: 'capture_refused' })), { name: 'ended', why: 'revoked' })
  t.deepEqual(after(refused('price_changed')), { name: 'held', note: 'price_changed' })
  t.deepEqual(after(refused('hold_expired')), { name: 'ended', why: 'ran_out' })
  for (const reason of ['seats_taken', 'event_cancelled', 'ticket_limit'] as const) {
    t.deepEqual(after(refused('hold_expired', { reason })), { name: 'ended', why: reason })
  }
  t.deepEqual(after(refused('hold_ended')), { name: 'ended', why: 'released' })
  t.deepEqual(after(refused('already_purchased', { booking_id: 'b2' })), { name: 'bought', bookingId: 'b2' })
  t.deepEqual(after(refused('payment_in_progress')), { name: 'elsewhere', polls: 0 })
  t.like(after(refused('idempotency_key_in_use', { retryable: true })), { name: 'waiting', intention })
  t.deepEqual(after(refused('card_number_refused')), { name: 'held', note: { text: 'card_number_refused.' } })
})

test('what certainly did not begin is said after the last try, and the buyer may pay again', (t) => {
  const last: PayState = { ...paying, tries: 4 }
  const after = (code: Fault['code'], status: number) => afterPurchase(last, refused(code, { status, retryable: true }))
  t.deepEqual(after('provider_unavailable', 502), { name: 'held', note: 'provider_unavailable' })
  t.deepEqual(after('rate_limited', 429), { name: 'held', note: 'busy' })
  t.deepEqual(after('overloaded', 503), { name: 'held', note: 'busy' })
  t.like(after('worker_timeout', 504), { name: 'waiting', intention })
})

test('how a purchase ended has its own next state, too', (t) => {
  const after = (value: Partial<Purchase>) => afterPoll(waiting, looked(value))
  t.deepEqual(after({ status: 'bought', booking_id: 'b1' }), { name: 'bought', bookingId: 'b1' })
  t.deepEqual(after({ status: 'declined', decline_code: 'card_declined' }), { name: 'held', note: 'declined' })
  t.deepEqual(after({ status: 'declined', decline_code: 'not_authorised' }), { name: 'held', note: 'not_authorised' })
  t.deepEqual(after({ status: 'lost' }), { name: 'ended', why: 'lost' })
  t.deepEqual(after({ status: 'revoked' }), { name: 'ended', why: 'revoked' })
})

test('a clock that ran out ends nothing by itself: the hold says how it stands', (t) => {
  t.is(afterHold(held, { status: 'active' }), held)
  t.deepEqual(afterHold(held, { status: 'expired' }), { name: 'ended', why: 'ran_out' })
  t.deepEqual(afterHold(held, { status: 'released' }), { name: 'ended', why: 'released' })
  t.deepEqual(afterHold(held, { status: 'converted' }), { name: 'bought', bookingId: null })
  t.like(afterHold(held, { status: 'paying' }), { name: 'elsewhere' })
  for (const state of [paying, waiting]) t.is(afterHold(state, { status: 'expired' }), state)
})

/** A gateway that charges a hold once, as ours does, and two tabs that share what they store. */
class Shop {
  charges = 0
  readonly #answers = new Map<string, Answer<PurchaseReply>>()
  #stored: Intention | null = null
  #keys = 0
  readonly tabs: PayState[] = [held, held]

  get keys(): number {
    return this.#keys
  }

  press(tab: number): void {
    const state = this.#state(tab)
    const to = pay(state, this.#stored ?? { ...intention, key: `key-${this.#keys + 1}` })
    if (to !== state && this.#stored === null) this.#keys += 1
    this.#move(tab, to)
    // Told by the storage event.
    for (const other of this.tabs.keys()) if (this.#stored) this.tabs[other] = pay(this.#state(other), this.#stored)
  }

  reload(tab: number): void {
    this.tabs[tab] = beginState({ status: this.charges > 0 ? 'converted' : 'active' }, this.#stored)
  }

  /** One request of a tab: it arrives or is lost, and so is its answer. */
  ask(tab: number, fate: 'answered' | 'lost' | 'answer lost'): void {
    const state = this.#state(tab)
    const asked = nextAsk(state)
    if (asked === null) return
    const key = unansweredOf(state)?.key ?? ''
    if (asked.what === 'hold') {
      if (fate === 'answered') this.#move(tab, afterHold(state, { status: this.charges > 0 ? 'converted' : 'active' }))
      return
    }
    if (asked.what === 'purchase') {
      const answer = fate === 'lost' ? offline : this.#purchase(key)
      this.#move(tab, afterPurchase(state, fate === 'answered' ? answer : offline))
      return
    }
    const known = this.#answers.get(key)?.ok ? looked({ status: 'bought', booking_id: 'b1' }) : refused('not_found')
    this.#move(tab, afterPoll(state, fate === 'answered' ? known : offline))
  }

  #purchase(key: string): Answer<PurchaseReply> {
    const earlier = this.#answers.get(key)
    if (earlier !== undefined) return earlier
    const answer = this.charges > 0 ? refused('already_purchased', { booking_id: 'b1' }) : bought(201)
    if (answer.ok) this.charges += 1
    this.#answers.set(key, answer)
    return answer
  }

  #move(tab: number, to: PayState): void {
    this.tabs[tab] = to
    this.#stored = unansweredOf(to) ?? (this.tabs.some((other) => unansweredOf(other)) ? this.#stored : null)
  }

  #state(tab: number): PayState {
    return this.tabs[tab] ?? held
  }
}

test('two tabs that press, reload and lose the network in any order pay once, with one key, and both see it', (t) => {
  const tab = fc.integer({ min: 0, max: 1 })
  const fate = fc.constantFrom('answered', 'lost', 'answer lost')
  const step = fc.oneof(
    fc.record({ what: fc.constant('press' as const), tab }),
    fc.record({ what: fc.constant('reload' as const), tab }),
    fc.record({ what: fc.constant('ask' as const), tab, fate }),
  )
  always(t, { of: [fc.array(step, { maxLength: 40 })], times: 2_000 }, (steps) => {
    const shop = new Shop()
    shop.press(0)
    for (const each of steps) {
      if (each.what === 'ask') shop.ask(each.tab, each.fate)
      else shop[each.what](each.tab)
    }
    // The network is back.
    for (let round = 0; round < 10; round += 1) for (const each of [0, 1]) shop.ask(each, 'answered')
    shop.reload(0)
    shop.reload(1)
    return shop.charges === 1 && shop.keys === 1 && shop.tabs.every(({ name }) => name === 'bought')
  })
})

test('a clock shows whole seconds until the very end', (t) => {
  t.is(secondsLeft(10_000, 0), 10)
  t.is(secondsLeft(10_000, 9_001), 1)
  t.is(secondsLeft(10_000, 10_000), 0)
  t.is(secondsLeft(10_000, 99_999), 0)
})

test('5, 2 and 1 minutes are announced once each, also when a sleeping tab skips seconds', (t) => {
  const said: number[] = []
  for (let before = 600; before > 0; before -= 1) {
    const minutes = minutesToAnnounce(before, before - 1)
    if (minutes !== null) said.push(minutes)
  }
  t.deepEqual(said, [5, 2, 1])
  t.is(minutesToAnnounce(400, 90), 2)
  t.is(minutesToAnnounce(400, 0), null)
  t.is(minutesToAnnounce(59, 58), null)
})

const place = (state: QueuePlace['state']): QueuePlace => ({
  id: 'p',
  event_id: 'e',
  state,
  index: 11,
  number: 12,
  ahead: 3,
  serving: 8,
  eta_s: null,
  claim_in_ms: null,
  next_poll_ms: 1_000,
})

test('a place shows where it stands, and one that ended says whether the turn was missed or used', (t) => {
  t.is(afterPlace(place('waiting'), 'join').stage, 'waiting')
  t.is(afterPlace(place('called'), 'waiting').stage, 'turn')
  t.is(afterPlace(place('admitted'), 'turn').stage, 'inside')
  t.like(afterPlace(place('ended'), 'turn'), { stage: 'over', why: 'missed' })
  t.like(afterPlace(place('ended'), 'inside'), { stage: 'over', why: 'ended' })
  t.like(afterPlace(place('ended'), 'join'), { stage: 'over', why: 'ended' })
})

test('a refusal that asking again may mend changes nothing; all others say what comes next', (t) => {
  for (const code of ['offline', 'unavailable', 'rate_limited', 'worker_timeout']) t.is(afterRefusal(code), null, code)
  t.like(afterRefusal('place_expired'), { stage: 'over', why: 'missed' })
  t.like(afterRefusal('not_found'), { stage: 'join' })
  t.like(afterRefusal('queue_full'), { stage: 'join', why: 'full' })
  t.like(afterRefusal('queue_not_enabled'), { stage: 'none' })
})

test('the speed of a queue counts from its first call, not from when buyers began to wait', (t) => {
  const speed = new QueueSpeed()
  for (let second = 0; second <= 50; second += 1) speed.note(0, second * 1_000)
  for (let second = 51; second <= 61; second += 1) speed.note((second - 50) * 5, second * 1_000)
  t.is(speed.perSecond(61_000), 5)
})

test('the speed of a queue is not known before it has moved for ten seconds', (t) => {
  const speed = new QueueSpeed()
  speed.note(0, 0)
  speed.note(30, 5_000)
  t.is(speed.perSecond(5_000), undefined)
})
