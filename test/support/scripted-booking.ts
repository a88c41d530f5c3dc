import {
  type Booking,
  beginPayment,
  confirmHold,
  holdSeats,
  recordPayment,
  returnHold,
  viewBooking,
} from '#shared/contracts/booking.ts'
import { TicketingError } from '#shared/errors.ts'
import { newId, publicId } from '#shared/ids.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { type OperationContext, operation } from '#shared/messaging/serve.ts'
import { serveScripted } from './scripted-worker.ts'

/** What the scripted booking worker knows of one hold and its booking. */
export interface ScriptedHold {
  readonly id: string
  readonly eventId: string
  readonly userId: string
  readonly totalMinor: number
  readonly bookingId: string
  status: 'active' | 'paying' | 'converted' | 'expired'
  bookingStatus: Booking['status']
  attempt: number
  payment: Booking['payment']
}

/** How it answers from now on; tests change it while it runs. */
export interface Script {
  confirm: 'CONFIRMED' | 'LOST'
  /** Awaited after an operation has done its work and before it answers. */
  beforeAnswer?: (operationName: string) => Promise<void> | void
}

export interface ScriptedBooking {
  readonly script: Script
  /** Names of the operations asked so far, oldest first. */
  readonly asked: string[]
  giveHold(options: { userId: string; totalMinor?: number }): ScriptedHold
  hold(id: string): ScriptedHold
  stop(): Promise<void>
}

/**
 * Answers the booking contracts that the purchase worker needs over real NATS, from memory, with outcomes that a test
 * decides. Repeated commands get their first answer, as from the real worker.
 */
export async function startScriptedBooking(natsUrl: string): Promise<ScriptedBooking> {
  const script: Script = { confirm: 'CONFIRMED' }
  const asked: string[] = []
  const holds = new Map<string, ScriptedHold>()
  const answers = new Map<string, unknown>()

  const giveHold: ScriptedBooking['giveHold'] = ({ userId, totalMinor = 5_000 }) => {
    const eventId = newId()
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
    }
    holds.set(hold.id, hold)
    return hold
  }
  const holdOf = (id: string): ScriptedHold => {
    const hold = holds.get(id)
    if (hold === undefined) throw new TicketingError('not_found', 'no such hold')
    return hold
  }
  const byBooking = (bookingId: string): ScriptedHold => {
    const hold = [...holds.values()].find((each) => each.bookingId === bookingId)
    if (hold === undefined) throw new TicketingError('not_found', 'no such booking')
    return hold
  }
  const once = async <Reply>(name: string, context: OperationContext, work: () => Reply): Promise<Reply> => {
    asked.push(name)
    const key = `${name} ${context.caller.id} ${context.idempotencyKey}`
    if (!answers.has(key)) answers.set(key, work())
    await script.beforeAnswer?.(name)
    return answers.get(key) as Reply
  }

  const operations = [
    operation(holdSeats, (_request, context) =>
      once('hold-seats', context, () => holdReply(giveHold({ userId: context.caller.id }))),
    ),
    operation(beginPayment, (request, context) =>
      once('begin-payment', context, () => {
        const hold = holdOf(request.hold_id)
        if (hold.userId !== context.caller.id) throw new TicketingError('not_found', 'no such hold')
        if (hold.status === 'expired') throw new TicketingError('hold_expired', 'The hold ran out.')
        if (hold.status === 'paying') throw new TicketingError('payment_in_progress', 'Being paid for already.')
        if (hold.status === 'converted') throw new TicketingError('already_purchased', 'Bought already.')
        if (request.expected_total_minor !== undefined && request.expected_total_minor !== hold.totalMinor) {
          throw new TicketingError('price_changed', 'The price is another one.')
        }
        hold.status = 'paying'
        hold.attempt += 1
        hold.payment = { status: 'processing', captured_minor: 0 }
        return {
          booking_id: hold.bookingId,
          event_id: hold.eventId,
          attempt: hold.attempt,
          total_minor: hold.totalMinor,
          currency: 'EUR',
        }
      }),
    ),
    operation(confirmHold, (request, context) =>
      once('confirm-hold', context, () => {
        const hold = byBooking(request.booking_id)
        const confirmed = script.confirm === 'CONFIRMED'
        hold.status = confirmed ? 'converted' : 'expired'
        hold.bookingStatus = confirmed ? 'confirmed' : 'failed'
        return { outcome: script.confirm }
      }),
    ),
    operation(returnHold, (request, context) =>
      once('return-hold', context, () => {
        const hold = byBooking(request.booking_id)
        if (hold.status === 'paying' && hold.attempt === request.attempt) {
          hold.status = 'active'
          hold.payment = { status: 'failed', captured_minor: 0 }
        }
        return {}
      }),
    ),
    operation(recordPayment, (request, context) =>
      once('record-payment', context, () => {
        const hold = byBooking(request.booking_id)
        hold.payment = { status: request.status, captured_minor: request.captured_minor }
        return bookingReply(hold)
      }),
    ),
    operation(viewBooking, async (request) => bookingReply(byBooking(request.booking_id))),
  ]

  const bus = await Bus.connect({ url: natsUrl, name: 'scripted-booking', timeoutMs: 5_000 })
  const stopAnswering = await serveScripted(bus, 'booking', operations)
  return {
    script,
    asked,
    giveHold,
    hold: holdOf,
    async stop() {
      await stopAnswering()
      await bus.close()
    },
  }
}

const place = { seat_no: 11, section: 'Stalls', row: 'A', label: '12' }

function holdReply({ id, eventId, userId, totalMinor }: ScriptedHold) {
  return {
    id,
    event_id: eventId,
    user_id: userId,
    status: 'active' as const,
    places: [{ ...place, price_minor: totalMinor }],
    total_minor: totalMinor,
    currency: 'EUR',
    expires_at: '2030-01-01T00:00:00Z',
    expires_in_ms: 600_000,
    hard_cap_at: '2030-01-01T00:20:00Z',
    seq: '1',
  }
}

function bookingReply({ id, bookingStatus, payment, ...hold }: ScriptedHold): Booking {
  const confirmed = bookingStatus === 'confirmed'
  return {
    id: hold.bookingId,
    event_id: hold.eventId,
    user_id: hold.userId,
    hold_id: id,
    status: bookingStatus,
    places: [{ ...place, price_minor: hold.totalMinor }],
    total_minor: hold.totalMinor,
    refunded_minor: 0,
    currency: 'EUR',
    created_at: '2029-12-31T20:00:00Z',
    confirmed_at: confirmed ? '2029-12-31T20:00:01Z' : null,
    tickets: confirmed ? [{ ...place, id, status: 'valid' }] : [],
    payment,
    seq: '2',
  }
}
