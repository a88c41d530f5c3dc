import { randomUUID } from 'node:crypto'
import type { Contract } from '#shared/contracts/contract.ts'
import { viewAreas, viewSeatVersions } from '#shared/contracts/seats.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import type { SeatSource } from './feed.ts'

/** Reads seats from the booking worker. All streams of an event share the reply, so the call has no caller. */
export function seatsOfWorkers(bus: Bus): SeatSource {
  const context = ({ deadlineMs }: Contract): MessageContext => ({
    requestId: randomUUID(),
    caller: anonymous,
    deadlineAt: performance.now() + deadlineMs,
  })
  return {
    readSeats: (eventId) => call(bus, viewSeatVersions, { event_id: eventId }, context(viewSeatVersions)),
    async countAreas(eventId) {
      const { areas } = await call(bus, viewAreas, { event_id: eventId }, context(viewAreas))
      return areas
    },
  }
}
