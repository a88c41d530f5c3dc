import type { ParsedRequestOf, RequestOf } from '#shared/contracts/contract.ts'
import { listAdmissions, viewReceipt } from '#shared/contracts/draw.ts'
import {
  claimPass,
  issueBypass,
  joinQueue,
  leaveQueue,
  viewQueuePlace,
  viewServing,
} from '#shared/contracts/waiting-room.ts'
import { TicketingError } from '#shared/errors.ts'
import type { OwnOperation } from '../routes/perform.ts'
import type { Waiting } from './create-waiting.ts'

/** The operations of the waiting room, by name. `waiting` null: they throw `unavailable`. */
export function waitingOperations(waiting: Waiting | null): Readonly<Record<string, OwnOperation>> {
  const open = (): Waiting => {
    if (waiting !== null) return waiting
    throw new TicketingError('unavailable', 'There are no waiting rooms now; try again later.')
  }
  return {
    [joinQueue.operation]: async ({ event_id }: { event_id: string }, context) => open().rooms.join(event_id, context),
    [viewQueuePlace.operation]: async ({ place_id }: { place_id: string }, context) =>
      open().rooms.view(place_id, context),
    [leaveQueue.operation]: async ({ place_id }: { place_id: string }, context) =>
      open().rooms.leave(place_id, context),
    [claimPass.operation]: async ({ place_id }: { place_id: string }, context) =>
      open().sessions.claim(place_id, context),
    [issueBypass.operation]: async (request: RequestOf<typeof issueBypass>, context) =>
      open().sessions.bypass(request, context),
    [viewReceipt.operation]: async ({ place_id }: { place_id: string }, context) =>
      open().rooms.receipt(place_id, context),
    [listAdmissions.operation]: async (request: ParsedRequestOf<typeof listAdmissions>, context) =>
      open().rooms.admissions(request, context),
    [viewServing.operation]: async ({ event_id }: { event_id: string }, context) =>
      open().rooms.serving(event_id, context),
  }
}
