import { type Booking, viewBooking } from '#shared/contracts/bookings.ts'
import type { Contract, ParsedRequestOf, ReplyOf } from '#shared/contracts/contract.ts'
import { holdSeats, releaseHold, viewHold } from '#shared/contracts/holds.ts'
import * as steps from '#shared/contracts/payment-steps.ts'
import type { Selection } from '#shared/contracts/places.ts'
import { TicketingError } from '#shared/errors.ts'
import { newId, publicId } from '#shared/ids.ts'
import { type Operation, type OperationContext, operation } from '#shared/messaging/serve.ts'
import type { NatsUrls } from '../../infra/system/servers/nats-users.ts'
import { serveScripted } from './scripted-worker.ts'

/** What the scripted booking worker knows of one hold and its booking. */
export interface ScriptedHold {
  readonly id: string
  readonly eventId: string
  readonly userId: string
  readonly totalMinor: number
  readonly bookingId: string
  status: 'active' | 'paying' | 'converted' | 'released' | 'expired'
  bookingStatus: Booking['status']
  attempt: number
  payment: Booking['payment']
  /** In place of what the script says. */
  confirm?: Script['confirm']
  /** Why it is LOST, if that is said. */
  lossReason?: steps.LossReason
  /** Its tickets cannot be taken back: the worker fails each time. */
  failsToCancel?: boolean
  readonly tickets: { readonly id: string; readonly priceMinor: number; status: 'valid' | 'void' }[]
  cancelledFor: Booking['cancelled_for']
  /** By refund: what its tickets were worth, and whether the money is back. */
  readonly refunds: Map<string, { amountMinor: number; done: boolean }>
}

/** How it answers from now on; tests change it while it runs. */
export interface Script {
  confirm: 'CONFIRMED' | 'LOST'
  /** Buyers may give no tickets back. */
  cancellable: boolean
  /** Awaited after an operation has done its work and before it answers. */
  beforeAnswer?: (operationName: string) => Promise<void> | void
}

export interface ScriptedBooking {
  readonly script: Script
  /** Selections of the holds asked for so far, oldest first. */
  readonly wanted: Selection[]
  /** `tickets` share the total evenly. */
  giveHold(options: { userId: string; totalMinor?: number; tickets?: number; eventId?: string }): ScriptedHold
  hold(id: string): ScriptedHold
  /** Oldest first. */
  holdsOf(userId: string): ScriptedHold[]
  stop(): Promise<void>
}

/**
 * Answers the booking contracts that the purchase worker needs over real NATS, from memory, with outcomes that a test
 * decides. Repeated commands get their first answer, as from the real worker.
 *
 * Not the real worker with a hook: tests want what that never does when asked to, such as a hold lost for each of its reasons, one
 * that is still being paid for after its return, or tickets that cannot be cancelled; and hundreds of sagas that need no house.
 * The two of them together: `test/chaos/crash-points`, `integration/refunds-over-http`.
 */
export async function startScriptedBooking(natsUrls: NatsUrls): Promise<ScriptedBooking> {
  const script: Script = { confirm: 'CONFIRMED', cancellable: true }
  const wanted: Selection[] = []
  const holds = new Map<string, ScriptedHold>()
  const bookings = new Map<string, ScriptedHold>()
  const answers = new Map<string, unknown>()

  const giveHold: ScriptedBooking['giveHold'] = ({ userId, totalMinor = 5_000, tickets = 1, eventId = newId() }) => {
    const hold: ScriptedHold = {
      id: publicId({ eventId, ownId: newId() }),
      eventId,
      userId,
      totalMinor,
      bookingId: publicId({ eventId, ownId: newId() }),
      status: 'active',
      bookingStatus: 'pending',
      attempt: 0,
      payment: { status: 'processing', captured_minor: 0 },
      tickets: Array.from({ length: tickets }, () => ({
        id: publicId({ eventId, ownId: newId() }),
        priceMinor: totalMinor / tickets,
        status: 'valid',
      })),
      cancelledFor: null,
      refunds: new Map(),
    }
    bookings.set(hold.bookingId, hold)
    holds.set(hold.id, hold)
    return hold
  }
  const found = (hold: ScriptedHold | undefined): ScriptedHold => {
    if (hold === undefined) throw new TicketingError('not_found', 'as scripted')
    return hold
  }
  const holdOf = (id: string): ScriptedHold => found(holds.get(id))
  const byBooking = (bookingId: string): ScriptedHold => found(bookings.get(bookingId))
  /** A command: done once for each key, and answered alike each time. */
  const command = <C extends Contract>(
    contract: C,
    work: (request: ParsedRequestOf<C>, context: OperationContext) => ReplyOf<C>,
  ): Operation =>
    operation(contract, async (request, context) => {
      const key = `${contract.operation} ${context.caller.id} ${context.idempotencyKey}`
      if (answers.has(key)) context.markReplayed()
      else answers.set(key, work(request, context))
      await script.beforeAnswer?.(contract.operation)
      return answers.get(key) as ReplyOf<C>
    })

  const operations = [
    command(holdSeats, (request, { caller }) => {
      wanted.push(request)
      return holdReply(giveHold({ userId: caller.id }))
    }),
    command(steps.beginPayment, (request, { caller }) => {
      const hold = holdOf(request.hold_id)
      const { status, totalMinor } = hold
      if (hold.userId !== caller.id) throw new TicketingError('not_found', 'no such hold')
      if (status !== 'active') throw new TicketingError(refusals[status], 'as scripted')
      if (request.expected_total_minor !== undefined && request.expected_total_minor !== totalMinor) {
        const extra = { total_minor: totalMinor, currency: 'EUR' }
        throw new TicketingError('price_changed', 'The price has changed.', { extra })
      }
      hold.status = 'paying'
      hold.attempt += 1
      hold.payment = { status: 'processing', captured_minor: 0 }
      const { bookingId, eventId, attempt } = hold
      return { booking_id: bookingId, event_id: eventId, attempt, total_minor: totalMinor, currency: 'EUR' }
    }),
    command(releaseHold, (request) => {
      const hold = holdOf(request.hold_id)
      if (hold.status === 'paying') throw new TicketingError('hold_paying', 'as scripted')
      if (hold.status === 'active') hold.status = 'released'
      return {}
    }),
    command(steps.confirmHold, (request) => {
      const hold = byBooking(request.booking_id)
      const outcome = hold.confirm ?? script.confirm
      const confirmed = outcome === 'CONFIRMED'
      hold.status = confirmed ? 'converted' : 'expired'
      hold.bookingStatus = confirmed ? 'confirmed' : 'failed'
      return { outcome, ...(!confirmed && hold.lossReason && { reason: hold.lossReason }) }
    }),
    command(steps.returnHold, (request) => {
      const hold = byBooking(request.booking_id)
      if (hold.status === 'paying' && hold.attempt === request.attempt) {
        hold.status = 'active'
        hold.payment = { status: 'failed', captured_minor: 0 }
      }
      return {}
    }),
    command(steps.recordPayment, (request) => {
      const hold = byBooking(request.booking_id)
      hold.payment = { status: request.status, captured_minor: request.captured_minor }
      return bookingReply(hold)
    }),
    command(steps.revokeBooking, (request) => {
      const hold = byBooking(request.booking_id)
      cancel(hold, 'capture_refused', hold.tickets)
      hold.payment = { status: 'failed', captured_minor: 0 }
      return bookingReply(hold)
    }),
    command(steps.cancelTickets, (request, { caller: { role, id } }) => {
      const hold = byBooking(request.booking_id)
      if (hold.failsToCancel) throw new Error('broken, as scripted')
      const byBuyer = request.reason === 'buyer'
      if (byBuyer ? id !== hold.userId : role !== 'system') throw new TicketingError('not_found', 'no such booking')
      if (byBuyer && !script.cancellable) {
        const extra = { reason: 'too_late' }
        throw new TicketingError('not_cancellable', 'It is too late to give tickets back.', { extra })
      }
      const tickets = ticketsToCancel(hold, request.ticket_ids)
      cancel(hold, request.reason, tickets)
      const amountMinor = tickets.reduce((sum, { priceMinor }) => sum + priceMinor, 0)
      hold.refunds.set(request.refund_id, { amountMinor, done: false })
      return { amount_minor: amountMinor }
    }),
    command(steps.recordRefund, (request) => {
      const hold = byBooking(request.booking_id)
      const refund = hold.refunds.get(request.refund_id)
      if (refund === undefined) throw new TicketingError('not_found', 'no such refund')
      refund.done = true
      return bookingReply(hold)
    }),
    operation(viewHold, async (request) => {
      await script.beforeAnswer?.('view-hold')
      return holdReply(holdOf(request.hold_id))
    }),
    operation(viewBooking, async (request) => bookingReply(byBooking(request.booking_id))),
  ]

  return {
    script,
    wanted,
    giveHold,
    hold: holdOf,
    holdsOf: (userId) => [...holds.values()].filter((hold) => hold.userId === userId),
    stop: await serveScripted(natsUrls, 'booking', operations),
  }
}

/** Of `begin-payment`, by the status of the hold. */
const refusals = {
  expired: 'hold_expired',
  released: 'hold_ended',
  paying: 'payment_in_progress',
  converted: 'already_purchased',
} as const

const place = { seat_no: 11, section: 'Stalls', row: 'A', label: '12' }

const holdReply = ({ id, eventId, userId, totalMinor, status }: ScriptedHold) => ({
  id,
  event_id: eventId,
  user_id: userId,
  status,
  places: [{ ...place, price_minor: totalMinor }],
  total_minor: totalMinor,
  currency: 'EUR',
  expires_at: '2030-01-01T00:00:00Z',
  expires_in_ms: 600_000,
  hard_cap_at: '2030-01-01T00:20:00Z',
  seq: '1',
})

function ticketsToCancel(hold: ScriptedHold, ids: readonly string[] | undefined): ScriptedHold['tickets'] {
  const valid = hold.tickets.filter(({ status }) => status === 'valid')
  const wanted = ids === undefined ? valid : valid.filter(({ id }) => ids.includes(id))
  const isWhole = wanted.length > 0 && wanted.length === (ids ?? wanted).length
  if (hold.bookingStatus !== 'confirmed' || !isWhole) {
    throw new TicketingError('not_cancellable', 'The tickets were given back before.')
  }
  return wanted
}

function cancel(
  hold: ScriptedHold,
  reason: NonNullable<Booking['cancelled_for']>,
  tickets: ScriptedHold['tickets'],
): void {
  for (const ticket of tickets) ticket.status = 'void'
  if (hold.tickets.some(({ status }) => status === 'valid')) return
  hold.bookingStatus = 'cancelled'
  hold.cancelledFor = reason
}

function bookingReply({ id, bookingStatus, payment, ...hold }: ScriptedHold): Booking {
  const confirmed = bookingStatus === 'confirmed' || bookingStatus === 'cancelled'
  const refunds = [...hold.refunds.values()]
  const sumOf = (done: boolean): number =>
    refunds.filter((refund) => refund.done === done).reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  return {
    id: hold.bookingId,
    event_id: hold.eventId,
    user_id: hold.userId,
    hold_id: id,
    status: bookingStatus,
    places: [{ ...place, price_minor: hold.totalMinor }],
    total_minor: hold.totalMinor,
    refunded_minor: sumOf(true),
    refund_due_minor: sumOf(false),
    cancelled_for: hold.cancelledFor,
    currency: 'EUR',
    created_at: '2029-12-31T20:00:00Z',
    confirmed_at: confirmed ? '2029-12-31T20:00:01Z' : null,
    tickets: confirmed ? hold.tickets.map(({ id, status }) => ({ ...place, id, status })) : [],
    payment,
    seq: '2',
  }
}
