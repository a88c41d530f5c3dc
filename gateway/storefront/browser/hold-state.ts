import type { Booking } from '#shared/contracts/bookings.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { Hold } from '#shared/contracts/holds.ts'
import type { viewPurchase } from '#shared/contracts/purchase.ts'
import { type HoldEnd, type Intention, type PayState, stateOfHold } from '../views/pay-state.ts'
import type { Answer, Fault } from './api.ts'

/*
 * How a hold is paid for, as pure moves between states. An intention is sent with one key until it is answered for good, over reload,
 * back, a second tab and a lost network; only then may there be another one.
 */

export type Purchase = ReplyOf<typeof viewPurchase>

/** What `POST /purchase` answers: the booking, or where the end can be read. */
export type PurchaseReply = Booking | Purchase

/** Where a page begins: with an intention that was never answered, or as the hold stands. */
export function beginState(hold: Pick<Hold, 'status'>, unanswered: Intention | null): PayState {
  return unanswered === null ? stateOfHold(hold) : { name: 'paying', intention: unanswered, tries: 0, isOffline: false }
}

/** The buyer pressed Pay. A second press changes nothing. */
export function pay(state: PayState, intention: Intention): PayState {
  return state.name === 'held' ? { name: 'paying', intention, tries: 0, isOffline: false } : state
}

/** The purchase was answered, or the network was lost on the way. */
export function afterPurchase(state: PayState, answer: Answer<PurchaseReply>): PayState {
  if (state.name !== 'paying') return state
  const { intention } = state
  if (answer.ok) {
    const { value } = answer
    if ('idempotency_key' in value) return waitFor(intention)
    return answer.status === 201 ? { name: 'bought', bookingId: value.id } : waitFor(intention)
  }
  const { problem } = answer
  if (problem.code === 'idempotency_key_in_use') return waitFor(intention)
  if (problem.retryable || problem.status >= 500) return afterFault(state, problem)
  return afterRefusal(problem)
}

/** How the purchase ended was asked for. */
export function afterLook(state: PayState, answer: Answer<Purchase>): PayState {
  if (state.name !== 'waiting') return state
  const { intention, looks } = state
  const again: PayState = { ...state, looks: looks + 1, isOffline: false }
  if (!answer.ok) {
    // It never arrived: the same intention once more.
    if (answer.problem.code === 'not_found') return { name: 'paying', intention, tries: looks, isOffline: false }
    return { ...again, isOffline: answer.problem.code === 'offline' }
  }
  const { status, booking_id, decline_code } = answer.value
  switch (status) {
    case 'processing':
      return again
    case 'bought':
      return { name: 'bought', bookingId: booking_id }
    case 'declined':
      return { name: 'held', note: decline_code === 'not_authorised' ? 'not_authorised' : 'declined' }
    case 'lost':
      return { name: 'ended', why: 'lost' }
    case 'revoked':
      return { name: 'ended', why: 'revoked' }
    case 'not_started':
      return { name: 'paying', intention, tries: looks, isOffline: false }
  }
}

/** The hold was read: its clock ran out, the page came back, or another tab did something. */
export function afterHold(state: PayState, hold: Pick<Hold, 'status'>): PayState {
  // Only the end of the purchase may end these.
  if (state.name === 'paying' || state.name === 'waiting') return state
  const shown = stateOfHold(hold)
  if (state.name === 'elsewhere' && shown.name === 'elsewhere') return { ...state, looks: state.looks + 1 }
  return state.name === shown.name ? state : shown
}

/** The intention that must be kept, so that a reload repeats it; null once it was answered for good. */
export function unansweredOf(state: PayState): Intention | null {
  return state.name === 'paying' || state.name === 'waiting' ? state.intention : null
}

/** What is to be asked next by itself, and after how many milliseconds; null while it is the buyer's turn. */
export function nextAsk(
  state: PayState,
): { readonly what: 'purchase' | 'look' | 'hold'; readonly afterMs: number } | null {
  switch (state.name) {
    case 'paying':
      return { what: 'purchase', afterMs: state.tries === 0 ? 0 : backoffMs(state.tries - 1, 500) }
    case 'waiting':
      return { what: 'look', afterMs: backoffMs(state.looks, 1_000) }
    case 'elsewhere':
      return { what: 'hold', afterMs: backoffMs(state.looks, 1_000) }
    case 'held':
    case 'bought':
    case 'ended':
      return null
  }
}

/** A first try and four more, 0.5, 1, 2 and 4 s later. */
const mostTries = 4
const longestPauseMs = 8_000

function backoffMs(times: number, firstMs: number): number {
  return Math.min(firstMs * 2 ** times, longestPauseMs)
}

function waitFor(intention: Intention): PayState {
  return { name: 'waiting', intention, looks: 0, isOffline: false }
}

/** The same request may succeed. After the last try it is asked for how it ended, unless it certainly did not begin. */
function afterFault(state: PayState & { readonly name: 'paying' }, { code }: Fault): PayState {
  const { intention, tries } = state
  const isOffline = code === 'offline'
  if (tries < mostTries) return { ...state, tries: tries + 1, isOffline }
  if (code === 'provider_unavailable') return { name: 'held', note: 'provider_unavailable' }
  if (code === 'rate_limited' || code === 'overloaded') return { name: 'held', note: 'busy' }
  return { name: 'waiting', intention, looks: 0, isOffline }
}

function afterRefusal(problem: Fault): PayState {
  switch (problem.code) {
    case 'payment_declined':
      if (problem.failure === 'capture_refused') return { name: 'ended', why: 'revoked' }
      return { name: 'held', note: problem.failure === 'not_authorised' ? 'not_authorised' : 'declined' }
    case 'price_changed':
      return { name: 'held', note: 'price_changed' }
    case 'hold_expired':
      return { name: 'ended', why: endOf(problem.reason) }
    case 'hold_ended':
      return { name: 'ended', why: 'released' }
    case 'not_found':
      return { name: 'ended', why: 'lost' }
    case 'already_purchased':
      return { name: 'bought', bookingId: typeof problem.booking_id === 'string' ? problem.booking_id : null }
    case 'payment_in_progress':
      return { name: 'elsewhere', looks: 0 }
    default:
      return { name: 'held', note: { text: problem.detail } }
  }
}

/** `reason` of `hold_expired`: why the places were lost although the money was there; none where the time just ran out. */
function endOf(reason: unknown): HoldEnd {
  switch (reason) {
    case 'seats_taken':
    case 'event_cancelled':
    case 'ticket_limit':
      return reason
    case 'hold_changed':
      return 'lost'
    default:
      return 'ran_out'
  }
}
