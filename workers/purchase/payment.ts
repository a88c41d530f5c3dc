import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { confirmHold, LossReason } from '#shared/contracts/payment-steps.ts'

/*
 * The states of a payment and the moves between them: plain rules over plain data. What a move sets off (asking the
 * provider, telling the booking) stands in `saga.ts`, its SQL in `store/payments.ts`.
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
  /** Why no money was available. A failed payment without it was never asked of the provider. */
  readonly declineCode: string | null
  /** Why the seats are lost; null unless they are, and where the booking worker did not say. */
  readonly lossReason: LossReason | null
  /** Nothing is left to do: the provider and the booking both know the end. */
  readonly settled: boolean
  /** Until then the payment is its driver's own, by the database's clock. */
  readonly leaseUntil: Date | null
}

/** The booking and price of a payment; every state past `created` has them. */
export function begunOf({ id, status, begun }: Payment): BegunPayment {
  if (begun === null) throw new Error(`payment ${id} is ${status} without a booking`)
  return begun
}

/** How a charge stands at the provider. */
export type Charge =
  | { readonly state: 'authorised' | 'captured' | 'refunded' | 'voided' }
  | { readonly state: 'declined'; readonly declineCode: string }

export interface Move {
  readonly to: PaymentStatus
  readonly begun?: BegunPayment
  readonly declineCode?: string
  readonly lossReason?: LossReason
}

/** The provider knew nothing of the payment when asked. Its key is voided, so that a late request is refused. */
export const notAuthorised = 'not_authorised'

/** The money was reserved and the seats sold, but then it could not be taken: the seats go back. */
export const captureRefused = 'capture_refused'

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
      return { to: 'failed', declineCode: charge.declineCode }
    case 'voided':
    case undefined:
      return { to: 'failed', declineCode: notAuthorised }
  }
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
    case 'voided':
      return { to: 'failed', declineCode: captureRefused }
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

/**
 * What the buyer can be told: `open` while the outcome may still be either; `not_started` when the provider was never
 * asked, so that the same request may be tried again; `revoked` when the seats were sold and went back because the money
 * could not be taken.
 */
export type Outcome = 'open' | 'bought' | 'lost' | 'declined' | 'revoked' | 'not_started'

export function outcomeOf({ status, declineCode }: Pick<Payment, 'status' | 'declineCode'>): Outcome {
  switch (status) {
    case 'created':
    case 'authorising':
    case 'unknown':
    case 'authorised':
    case 'capturing':
      return 'open'
    case 'captured':
    case 'refunded':
      return 'bought'
    case 'voiding':
    case 'voided':
      return 'lost'
    case 'failed':
      if (declineCode === null) return 'not_started'
      return declineCode === captureRefused ? 'revoked' : 'declined'
  }
}
