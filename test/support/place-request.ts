import type { Selection } from '#shared/contracts/places.ts'
import { newId } from '#shared/ids.ts'
import { user } from '#shared/messaging/caller.ts'
import { createLogger } from '#shared/observability/log.ts'
import type { PlaceRequest } from '../../workers/booking/taking/request.ts'

const log = createLogger({ name: 'booking', instance: 'test', level: 'fatal' })

interface Asked {
  readonly eventId: string
  readonly userId: string
  readonly selection: Selection
  readonly key?: string | undefined
  /** Own id of the hold whose places are exchanged. */
  readonly swapped?: string | undefined
  readonly withinMs?: number
}

/** A request for places as the operations make it of a message. */
export function placeRequest({ eventId, userId, selection, key, swapped, withinMs = 20_000 }: Asked): PlaceRequest {
  const context = {
    requestId: newId(),
    caller: user(userId),
    deadlineAt: performance.now() + withinMs,
    log,
    markReplayed: () => undefined,
    tellSeq: () => undefined,
    ...(key !== undefined && { idempotencyKey: key }),
  }
  const request = { event_id: eventId, ...selection }
  return {
    buyer: { eventId, userId },
    hold: { eventId, ownId: swapped ?? newId() },
    isSwap: swapped !== undefined,
    selection,
    command: { schema: 'booking', operation: swapped === undefined ? 'hold-seats' : 'change-hold', request, context },
    traceparent: undefined,
  }
}
