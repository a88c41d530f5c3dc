import { askFor, newUser, requestToBuy, requestToCancel, requestToHold, requestToRelease } from '../client.ts'
import { holdSeat } from './buying.ts'
import { oneSale, type Scenario } from './story.ts'

/** A paid ticket is given back: its money comes back once, and its seat. */
export const cancelling: Scenario = async (system, event) => {
  const { userId, holdId } = await holdSeat(system, event)
  const { body } = await askFor(system, requestToBuy(userId, holdId), 201)
  const { priceMinor } = event
  return {
    request: requestToCancel(userId, body.id),
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

/** A seat is held, and given back after the crash: the world hears of both, once each. */
export const holding: Scenario = async (system, event) => {
  const userId = newUser()
  return {
    request: requestToHold(userId, event.eventId),
    answer: '201',
    afterwards: async ({ body }) => void (await askFor(system, requestToRelease(userId, body.id), 204)),
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
