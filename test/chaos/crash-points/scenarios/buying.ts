import { until } from '../../../support/until.ts'
import { askFor, askOnce, newUser, requestToBuy, requestToHold } from '../client.ts'
import type { CrashSystem, OpenEvent } from '../crash-system.ts'
import { oneSale, type Scenario } from './story.ts'

/** That a seat came back is known everywhere within a second; this is for a busy machine. */
const freeWithinMs = 10_000

export interface HeldSeat {
  readonly userId: string
  readonly holdId: string
}

/** A new buyer holds the event's first seat. Throws when it does not become free. */
export async function holdSeat(system: CrashSystem, { eventId }: OpenEvent): Promise<HeldSeat> {
  const userId = newUser()
  let holdId = ''
  const hold = async (): Promise<boolean> => {
    const { status, body } = await askOnce(system, requestToHold(userId, eventId))
    if (status === 201) holdId = body.id
    return status === 201
  }
  await until('the seat is free', hold, { timeoutMs: freeWithinMs, everyMs: 50 })
  return { userId, holdId }
}

/** A purchase that goes well: the interrupted request, repeated, ends as if nothing had been. */
export const buying: Scenario = async (system, event) => {
  const { userId, holdId } = await holdSeat(system, event)
  return { request: requestToBuy(userId, holdId), answer: '201', ending: oneSale(event), outcome: 'bought once' }
}

/**
 * The worker dies with the buyer's token before the provider was asked. A request of that key that is still on its way must
 * never be charged: the key is used up, and the seat is still the buyer's, who pays with another one.
 */
export const buyingAgain: Scenario = async (system, event) => {
  const { userId, holdId } = await holdSeat(system, event)
  return {
    request: requestToBuy(userId, holdId),
    answer: '402 payment_declined',
    afterwards: async () => void (await askFor(system, requestToBuy(userId, holdId), 201)),
    ending: oneSale(event),
    outcome: 'not charged; seat kept, paid with a new key',
  }
}

/** The first card is declined: the seat stays the buyer's, who pays with another one. */
export const declined: Scenario = async (system, event) => {
  const { userId, holdId } = await holdSeat(system, event)
  const sale = oneSale(event)
  return {
    request: requestToBuy(userId, holdId, 'tok_declined'),
    answer: '402 payment_declined',
    afterwards: async () => void (await askFor(system, requestToBuy(userId, holdId), 201)),
    ending: { ...sale, charges: [`declined ${event.priceMinor}`, ...sale.charges] },
    outcome: 'declined; seat kept, paid with another card',
  }
}

/** The money is reserved and cannot be captured: the booking is revoked, and another buyer gets the seat. */
export const revoked: Scenario = async (system, event) => {
  const { userId, holdId } = await holdSeat(system, event)
  const sale = oneSale(event)
  return {
    request: requestToBuy(userId, holdId, 'tok_capture_fails'),
    answer: '402 payment_declined',
    async afterwards() {
      const next = await holdSeat(system, event)
      await askFor(system, requestToBuy(next.userId, next.holdId), 201)
    },
    ending: {
      ...sale,
      bookings: ['cancelled failed', ...sale.bookings],
      holds: ['converted', ...sale.holds],
      charges: [`declined ${event.priceMinor}`, ...sale.charges],
    },
    outcome: 'revoked; seat sold to another',
  }
}
