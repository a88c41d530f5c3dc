import type { ReplyOf } from '#shared/contracts/contract.ts'
import { beginPayment, type confirmHold, type LossReason } from '#shared/contracts/payment-steps.ts'
import type { Outcome, PaymentFailure, PaymentStatus } from '#shared/contracts/purchase.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Charge, ProviderError } from './providers/payment-provider.ts'

/*
 * The states of a payment and the moves between them: pure rules over plain data. `payment-steps.ts` has the call for each state, `saga.ts`
 * the engine, `store/payments.ts` the SQL.
 */

/**
 * Why a payment failed.
 *
 * refused          the booking worker did not begin it: there is no booking, and nobody else was called
 * not_asked        the provider was never asked for the money
 * not_authorised   the provider was asked but does not know the charge; its key is voided, so that a late request is refused
 * declined         the provider declined the charge
 * capture_refused  the money was reserved and the seats sold, but the capture failed: the seats become free
 */
export type Failure = 'refused' | 'not_asked' | PaymentFailure

/** The reply of begin-payment: the booking to pay for and the frozen price. */
export interface BegunPayment {
  readonly bookingId: string
  /** Number of the payment among those of its booking, from 1. */
  readonly attempt: number
  readonly amountMinor: number
  readonly currency: string
}

/** One attempt to pay for a hold. It does not contain the buyer's payment token: tokens are never stored. */
export interface Payment {
  readonly id: string
  readonly status: PaymentStatus
  readonly userId: string
  readonly eventId: string
  readonly holdId: string
  /** The key of the charge, in every request to the provider. */
  readonly providerKey: string
  readonly expectedTotalMinor: number | null
  readonly expectedCurrency: string | null
  /** Null until the booking worker has answered. */
  readonly begun: BegunPayment | null
  /** Null unless the payment has failed. */
  readonly failure: Failure | null
  /** The provider's reason for declining or refusing to capture; null if it gave none. */
  readonly declineCode: string | null
  /** Why the seats are lost; null if they are not, or if the booking worker gave no reason. */
  readonly lossReason: LossReason | null
  /** Nothing is left to do: provider and booking both know the end. */
  readonly settled: boolean
  /** No step has succeeded for a minute: the auditor reports it (I7). */
  readonly isStuck: boolean
  /** Until this time, by the database's clock, the payment belongs to its driver. */
  readonly leaseUntil: Date | null
}

/** The booking and price of a payment; every state after `created` has them. */
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

/** Whether a payment may move from one state to another. */
export function mayMove(from: PaymentStatus, to: PaymentStatus): boolean {
  return moves[from].includes(to)
}

/**
 * The move after the provider reported the state of a charge (`null`: unknown to it). If there will be no money, the state is stored before
 * the void is sent: a slower driver, whose request for money arrives in between, must find a payment that cannot continue.
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
 * The move after a step threw an error; null: the payment stays, and the step is repeated. `asksForMoney`: the step was the request for
 * money. A look-up that was not sent says nothing about an earlier request.
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

/** Whether the booking worker refused a call, rather than not answering. */
export function isRefusal(error: unknown): error is TicketingError {
  return error instanceof TicketingError && beginPayment.errors.includes(error.code)
}

/** The move of an authorised payment after the booking worker said whether the seats are sold to the buyer. */
export function moveAfterConfirm({ outcome, reason }: ReplyOf<typeof confirmHold>): Move {
  if (outcome === 'CONFIRMED') return { to: 'capturing' }
  return { to: 'voiding', ...(reason && { lossReason: reason }) }
}

/** The move after a capture, by the state of its charge; null: the money is still only reserved. */
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
 * The move after a provider's webhook reported the state of a charge; null: nothing new. A webhook can be old, repeated, or earlier than
 * the answer to the request that caused it. So it moves a payment only if the payment waits for exactly this.
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

/** The outcome for the buyer. The same request can try again a payment that did not start. */
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

/** Why there was no money: the provider's code, or ours if it has none. Null unless the provider was asked and the payment failed. */
export function declineCodeOf({ failure, declineCode }: Payment): string | null {
  if (failure === null || outcomeOfFailure[failure] === 'not_started') return null
  return declineCode ?? failure
}
