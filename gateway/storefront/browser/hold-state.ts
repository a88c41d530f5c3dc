import type { Booking } from '#shared/contracts/bookings.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { Hold } from '#shared/contracts/holds.ts'
import type { viewPurchase } from '#shared/contracts/purchase.ts'
import { type HoldEnd, type Intention, type PayState, stateOfHold } from '../views/pay-state.ts'
import type { Answer, Fault } from './api.ts'

/*
 * Paying for a hold, as pure transitions between states. An intention keeps its key until a final answer, across reload, back, a second tab
 * and a lost network. Only then can a new intention begin.
 */

export type Purchase = ReplyOf<typeof viewPurchase>

/** The answer of `POST /purchase`: the booking, or where to read the result. */
export type PurchaseReply = Booking | Purchase

/** The initial state: an intention without a final answer, or else the state of the hold. */
export function beginState(hold: Pick<Hold, 'status'>, unanswered: Intention | null): PayState {
  return unanswered === null ? stateOfHold(hold) : { name: 'paying', intention: unanswered, tries: 0, isOffline: false }
}

/** The buyer pressed Pay. A second press changes nothing. */
export function pay(state: PayState, intention: Intention): PayState {
  return state.name === 'held' ? { name: 'paying', intention, tries: 0, isOffline: false } : state
}

/** The purchase was answered, or the network failed. */
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

/** The poll for the result of the purchase was answered. */
export function afterPoll(state: PayState, answer: Answer<Purchase>): PayState {
  if (state.name !== 'waiting') return state
  const { intention, polls } = state
  const again: PayState = { ...state, polls: polls + 1, isOffline: false }
  if (!answer.ok) {
    // The purchase never arrived: send the same intention again.
    if (answer.problem.code === 'not_found') return { name: 'paying', intention, tries: polls, isOffline: false }
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
      return { name: 'paying', intention, tries: polls, isOffline: false }
  }
}

/** The hold was read: because its clock ran out, the page was restored, or another tab acted. */
export function afterHold(state: PayState, hold: Pick<Hold, 'status'>): PayState {
  // Only the result of the purchase can end these states.
  if (state.name === 'paying' || state.name === 'waiting') return state
  const shown = stateOfHold(hold)
  if (state.name === 'elsewhere' && shown.name === 'elsewhere') return { ...state, polls: state.polls + 1 }
  return state.name === shown.name ? state : shown
}

/** The intention to store, so that a reload repeats it; null after its final answer. */
export function unansweredOf(state: PayState): Intention | null {
  return state.name === 'paying' || state.name === 'waiting' ? state.intention : null
}

/** The next automatic request, and after how many milliseconds; null while the buyer must act. */
export function nextAsk(
  state: PayState,
): { readonly what: 'purchase' | 'look' | 'hold'; readonly afterMs: number } | null {
  switch (state.name) {
    case 'paying':
      return { what: 'purchase', afterMs: state.tries === 0 ? 0 : backoffMs(state.tries - 1, 500) }
    case 'waiting':
      return { what: 'look', afterMs: backoffMs(state.polls, 1_000) }
    case 'elsewhere':
      return { what: 'hold', afterMs: backoffMs(state.polls, 1_000) }
    case 'held':
    case 'bought':
    case 'ended':
      return null
  }
}

/** Retries after the first try: 0.5, 1, 2 and 4 s later. */
const mostTries = 4
const longestPauseMs = 8_000

function backoffMs(times: number, firstMs: number): number {
  return Math.min(firstMs * 2 ** times, longestPauseMs)
}

function waitFor(intention: Intention): PayState {
  return { name: 'waiting', intention, polls: 0, isOffline: false }
}

/**
 * The same request may succeed, so it is repeated. After the last retry the page polls for the result, unless the purchase certainly did
 * not begin.
 */
function afterFault(state: PayState & { readonly name: 'paying' }, { code }: Fault): PayState {
  const { intention, tries } = state
  const isOffline = code === 'offline'
  if (tries < mostTries) return { ...state, tries: tries + 1, isOffline }
  if (code === 'provider_unavailable') return { name: 'held', note: 'provider_unavailable' }
  if (code === 'rate_limited' || code === 'overloaded') return { name: 'held', note: 'busy' }
  return { name: 'waiting', intention, polls: 0, isOffline }
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
      return { name: 'elsewhere', polls: 0 }
    default:
      return { name: 'held', note: { text: problem.detail } }
  }
}

/** `reason` of `hold_expired`: why the places were lost although they were paid for; absent if the time ran out. */
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
