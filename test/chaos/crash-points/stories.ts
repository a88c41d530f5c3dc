import { letRunOut } from '../../support/let-run-out.ts'
import { until } from '../../support/until.ts'
import type { AnswerBody, Outcome } from '../history.ts'
import { bodyIfDone, type HttpBuyer } from '../http-buyer.ts'
import type { CrashSystem, OpenEvent } from './crash-system.ts'
import type { Ending } from './ending.ts'

/** A request in which a process dies, and how everything must be in the end, whenever it dies. */
export interface Story {
  /** Sends the request, each time with the same key. */
  ask(): Promise<Outcome>
  /** What others do while the request is under way; it leads to the step. */
  meanwhile?(): Promise<void>
  /** The one final answer: `201`, `402 payment_declined`. */
  readonly answer: string
  /** What must be possible then. Throws when it is not. */
  afterwards?(answer: AnswerBody): Promise<void>
  readonly ending: Ending
  /** The ending in a few words. */
  readonly outcome: string
}

/** Does what comes before the request; `event` is the story's own. */
export type Scenario = (system: CrashSystem, event: OpenEvent) => Promise<Story>

/** One ticket sold and paid for, nothing else. */
const oneSale = ({ priceMinor }: OpenEvent): Ending => ({
  bookings: ['confirmed captured'],
  holds: ['converted'],
  payments: ['captured'],
  charges: [`captured ${priceMinor}`],
  seats: ['0 sold'],
  validTickets: 1,
  factsWrong: [],
})

const firstSeat = { seat_nos: [0] }
const paysWithinMs = 15_000

interface HeldSeat {
  readonly buyer: HttpBuyer
  readonly holdId: string
}

/** A new buyer holds the event's first seat. Throws when it does not become free. */
async function holdSeat(system: CrashSystem, { eventId }: OpenEvent): Promise<HeldSeat> {
  const buyer = system.newBuyer()
  let holdId: string | undefined
  const hold = async (): Promise<boolean> => {
    holdId = bodyIfDone(await buyer.hold(eventId, firstSeat, buyer.random.key()))?.id
    return holdId !== undefined
  }
  await until('the seat is free', hold, { everyMs: 50 })
  return { buyer, holdId: holdId ?? '' }
}

function paying({ buyer, holdId }: HeldSeat, token = 'tok_ok'): () => Promise<Outcome> {
  const key = buyer.random.key()
  return () => buyer.purchase({ hold_id: holdId, payment_token: token }, key)
}

/** Answers the booking. Throws when there is none within some time. */
async function pay(seat: HeldSeat): Promise<AnswerBody> {
  const outcome = await seat.buyer.askUntilFinal(paying(seat), { times: 20 })
  const booking = bodyIfDone(outcome)
  if (booking === undefined) throw new Error(`the seat was not bought: ${JSON.stringify(outcome)}`)
  return booking
}

/** A purchase that goes well: the interrupted request, repeated, ends as if nothing had been. */
export const buying: Scenario = async (system, event) => {
  const seat = await holdSeat(system, event)
  return { ask: paying(seat), answer: '201', ending: oneSale(event), outcome: 'bought once' }
}

/**
 * The worker dies with the buyer's token before the provider was asked. A request of that key that is still on its way must
 * never be charged: the key is used up, and the seat is still the buyer's, who pays with another one.
 */
export const buyingAgain: Scenario = async (system, event) => {
  const seat = await holdSeat(system, event)
  return {
    ask: paying(seat),
    answer: '402 payment_declined',
    afterwards: async () => void (await pay(seat)),
    ending: oneSale(event),
    outcome: 'not charged; seat kept, paid with a new key',
  }
}

/** The first card is declined: the seat stays the buyer's, who pays with another one. */
export const declined: Scenario = async (system, event) => {
  const seat = await holdSeat(system, event)
  const sale = oneSale(event)
  return {
    ask: paying(seat, 'tok_declined'),
    answer: '402 payment_declined',
    afterwards: async () => void (await pay(seat)),
    ending: { ...sale, charges: [`declined ${event.priceMinor}`, ...sale.charges] },
    outcome: 'declined; seat kept, paid with another card',
  }
}

/** The money is reserved and cannot be captured: the booking is revoked, and another buyer gets the seat. */
export const revoked: Scenario = async (system, event) => {
  const sale = oneSale(event)
  return {
    ask: paying(await holdSeat(system, event), 'tok_capture_fails'),
    answer: '402 payment_declined',
    afterwards: async () => void (await pay(await holdSeat(system, event))),
    ending: {
      ...sale,
      bookings: ['cancelled failed', ...sale.bookings],
      holds: ['converted', ...sale.holds],
      charges: [`declined ${event.priceMinor}`, ...sale.charges],
    },
    outcome: 'revoked; seat sold to another',
  }
}

/**
 * The provider takes its time until the hold has run out and another buyer has bought the seat: the money that was reserved
 * must be let go.
 */
export const latePayment: Scenario = async (system, event) => {
  const seat = await holdSeat(system, event)
  const charge = withholdNextCharge(system)
  const sale = oneSale(event)
  return {
    ask: paying(seat),
    async meanwhile() {
      try {
        await until('the provider is asked', charge.isAsked, { timeoutMs: paysWithinMs })
        await letRunOut(system.db, { id: seat.holdId })
        await pay(await holdSeat(system, event))
      } finally {
        charge.release()
      }
    },
    answer: '410 hold_expired',
    ending: {
      ...sale,
      bookings: ['failed voided', ...sale.bookings],
      holds: ['expired', ...sale.holds],
      payments: ['voided', ...sale.payments],
      charges: [`voided ${event.priceMinor}`, ...sale.charges],
    },
    outcome: 'voided; seat sold to another',
  }
}

/** From now on the provider takes the next charge, but nobody hears of it until `release`. */
function withholdNextCharge(system: CrashSystem): { isAsked(): boolean; release(): void } {
  let key: string | undefined
  const release = system.link('purchase → sandbox').withholdReplies((request) => {
    if (request.startsWith('POST /charges HTTP')) key ??= /\r\nidempotency-key: (\S+)/i.exec(request)?.[1]
    return key !== undefined && request.includes(key)
  })
  return { isAsked: () => key !== undefined, release }
}

/** A paid ticket is cancelled: its money comes back once, and its seat. */
export const cancelling: Scenario = async (system, event) => {
  const seat = await holdSeat(system, event)
  const { id = '' } = await pay(seat)
  const { priceMinor } = event
  const key = seat.buyer.random.key()
  return {
    ask: () => seat.buyer.cancel(id, {}, key),
    answer: '200',
    ending: {
      ...oneSale(event),
      bookings: ['cancelled captured'],
      payments: ['refunded'],
      charges: [`refunded ${priceMinor}, ${priceMinor} refunded`],
      seats: [],
      validTickets: 0,
    },
    outcome: 'refunded once, seat free',
  }
}

/** A seat is held, and released after the crash: the world hears of both, once each. */
export const holding: Scenario = async (system, { eventId }) => {
  const buyer = system.newBuyer()
  const key = buyer.random.key()
  return {
    ask: () => buyer.hold(eventId, firstSeat, key),
    answer: '201',
    async afterwards({ id = '' }) {
      const outcome = await buyer.askUntilFinal(() => buyer.release(id), { times: 20 })
      if (bodyIfDone(outcome) === undefined) throw new Error(`the hold was not released: ${JSON.stringify(outcome)}`)
    },
    ending: {
      bookings: [],
      holds: ['released'],
      payments: [],
      charges: [],
      seats: [],
      validTickets: 0,
      factsWrong: [],
    },
    outcome: 'held once, facts told once',
  }
}
