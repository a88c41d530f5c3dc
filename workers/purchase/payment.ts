import type { ReplyOf } from '#shared/contracts/contract.ts'
import { beginPayment, type confirmHold, type LossReason } from '#shared/contracts/payment-steps.ts'
import type { Outcome, PaymentFailure } from '#shared/contracts/purchase.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Charge, ProviderError } from './providers/payment-provider.ts'

/*
 * The states of a payment and the moves between them: plain rules over plain data. What each state waits for is asked in
 * `payment-steps.ts`, by the engine in `saga.ts`; the SQL stands in `store/payments.ts`.
 */

export const paymentStatuses = [
  'created',
  'authorising',
  'unknown',
  'authorised',
  'capturing',
  'captured',
  'refunded',
  'voiding',
  'voided',
  'failed',
] as const

export type PaymentStatus = (typeof paymentStatuses)[number]

/**
 * Why a payment failed.
 *
 * refused          the booking worker did not begin it: there is no booking, and nobody else was asked
 * not_asked        the provider was never asked for the money
 * not_authorised   asked, but the provider knows nothing of it; its key is voided, so that a late request is refused
 * declined         the provider has no money for it
 * capture_refused  the money was reserved and the seats sold, but then it could not be taken: the seats go back
 */
export type Failure = 'refused' | 'not_asked' | PaymentFailure

/** What begin-payment answered: the booking to pay for and the frozen price. */
export interface BegunPayment {
  readonly bookingId: string
  /** Counts the payments of one booking, from 1. */
  readonly attempt: number
  readonly amountMinor: number
  readonly currency: string
}

/** One attempt to pay for a hold. The buyer's payment token is not part of it: tokens are never kept. */
export interface Payment {
  readonly id: string
  readonly status: PaymentStatus
  readonly userId: string
  readonly eventId: string
  readonly holdId: string
  /** Names the charge at the provider; every question and order about it goes by this key. */
  readonly providerKey: string
  readonly expectedTotalMinor: number | null
  readonly expectedCurrency: string | null
  /** Null until the booking worker has answered. */
  readonly begun: BegunPayment | null
  /** Null unless it has failed. */
  readonly failure: Failure | null
  /** What the provider says why it declined, or refused to capture; null where it said nothing. */
  readonly declineCode: string | null
  /** Why the seats are lost; null unless they are, and where the booking worker did not say. */
  readonly lossReason: LossReason | null
  /** Nothing is left to do: the provider and the booking both know the end. */
  readonly settled: boolean
  /** Nobody could move it for a minute: people are told. */
  readonly isStuck: boolean
  /** Until then the payment is its driver's own, by the database's clock. */
  readonly leaseUntil: Date | null
}

/** The booking and price of a payment; every state past `created` has them. */
export function begunOf({ id, status, begun }: Payment): BegunPayment {
  if (begun === null) throw new Error(`payment ${id} is ${status} without a booking`)
  return begun
}

export type Move =
  | {
      readonly to: Exclude<PaymentStatus, 'failed'>
      readonly begun?: BegunPayment
      readonly lossReason?: LossReason
    }
  | {
      readonly to: 'failed'
      readonly failure: Failure
      readonly begun?: BegunPayment
      readonly declineCode?: string
    }

/*
 * created      wanted; the booking was perhaps asked         authorising  the provider was perhaps asked for the money
 * unknown      it was asked and did not answer               authorised   the money is reserved, the seats not yet sold
 * capturing    the seats are sold, the money is to be taken  captured     bought
 * voiding      the seats are lost, the money is to be freed  voided       freed
 * refunded     all of the money is back with the buyer       failed       no money is available, nor ever taken
 */
const moves: Record<PaymentStatus, readonly PaymentStatus[]> = {
  created: ['authorising', 'failed'],
  authorising: ['authorised', 'unknown', 'failed'],
  unknown: ['authorised', 'failed'],
  authorised: ['capturing', 'voiding'],
  capturing: ['captured', 'failed'],
  captured: ['refunded'],
  refunded: [],
  voiding: ['voided'],
  voided: [],
  failed: [],
}

export function mayMove(from: PaymentStatus, to: PaymentStatus): boolean {
  return moves[from].includes(to)
}

/**
 * Where a payment goes once the provider said how its charge stands (`null`: it knows of none). The decision that there
 * never will be money comes before the void that sees to it: a slower driver, whose request for money arrives in between,
 * must not find a payment to go on with.
 */
export function moveAfterAsking(charge: Charge | null): Move {
  switch (charge?.state) {
    case 'authorised':
    case 'captured':
    case 'refunded':
      return { to: 'authorised' }
    case 'declined':
      return { to: 'failed', failure: 'declined', declineCode: charge.declineCode }
    case 'voided':
    case undefined:
      return { to: 'failed', failure: 'not_authorised' }
  }
}

/**
 * Where a payment goes whose step threw this; null: it stays, and the step is to be taken again. `asksForMoney`: the step was the
 * request for money itself. That a look-up was not sent says nothing about the request before it.
 */
export function moveAfterError(
  { status }: Payment,
  error: unknown,
  { asksForMoney }: { asksForMoney: boolean },
): Move | null {
  if (status === 'created' && isRefusal(error)) return { to: 'failed', failure: 'refused' }
  if (status === 'authorising' && error instanceof ProviderError && asksForMoney) {
    return error.requestSent ? { to: 'unknown' } : { to: 'failed', failure: 'not_asked' }
  }
  return null
}

/** Whether the booking worker refused to have a payment begun, rather than said nothing. */
export function isRefusal(error: unknown): error is TicketingError {
  return error instanceof TicketingError && beginPayment.errors.includes(error.code)
}

/** Where an authorised payment goes once the booking worker said whether the seats are the buyer's. */
export function moveAfterConfirm({ outcome, reason }: ReplyOf<typeof confirmHold>): Move {
  if (outcome === 'CONFIRMED') return { to: 'capturing' }
  return { to: 'voiding', ...(reason && { lossReason: reason }) }
}

/** Where a payment goes whose money was to be taken, by how its charge then stands; null: the money is still only reserved. */
export function moveAfterCapture(charge: Charge): Move | null {
  switch (charge.state) {
    case 'captured':
    case 'refunded':
      return { to: 'captured' }
    case 'declined':
      return { to: 'failed', failure: 'capture_refused', declineCode: charge.declineCode }
    case 'voided':
      return { to: 'failed', failure: 'capture_refused' }
    case 'authorised':
      return null
  }
}

/**
 * Where a payment goes when its provider tells, unasked, how the charge stood at some moment; null: nothing new. What is told
 * may be old, come twice, or come before the answer to the very request that caused it. So it moves a payment only where it
 * waits for just that.
 */
export function moveAfterWebhook(status: PaymentStatus, charge: Charge): Move | null {
  switch (status) {
    case 'authorising':
    case 'unknown':
      return moveAfterAsking(charge)
    case 'capturing':
      return moveAfterCapture(charge)
    case 'voiding':
      return charge.state === 'voided' ? { to: 'voided' } : null
    case 'created':
    case 'authorised':
    case 'captured':
    case 'refunded':
    case 'voided':
    case 'failed':
      return null
  }
}

/** What the buyer can be told. A payment that did not start may be tried again by the same request. */
export function outcomeOf({ status, failure }: Pick<Payment, 'status' | 'failure'>): Outcome {
  return failure === null ? outcomeOfStatus[status] : outcomeOfFailure[failure]
}

const outcomeOfStatus: Record<PaymentStatus, Outcome> = {
  created: 'processing',
  authorising: 'processing',
  unknown: 'processing',
  authorised: 'processing',
  capturing: 'processing',
  captured: 'bought',
  refunded: 'bought',
  voiding: 'lost',
  voided: 'lost',
  failed: 'not_started',
}

const outcomeOfFailure: Record<Failure, Outcome> = {
  refused: 'not_started',
  not_asked: 'not_started',
  not_authorised: 'declined',
  declined: 'declined',
  capture_refused: 'revoked',
}

/** Why there was no money, in the provider's words or, where it has none, in ours. Null unless the provider was asked and it failed. */
export function declineCodeOf({ failure, declineCode }: Payment): string | null {
  if (failure === null || outcomeOfFailure[failure] === 'not_started') return null
  return declineCode ?? failure
}
