import type { Selection } from '#shared/contracts/places.ts'
import { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import { user } from '#shared/messaging/caller.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { BookingMetrics } from '../../workers/booking/metrics.ts'
import { SoldShares } from '../../workers/booking/sold-shares.ts'
import { Batches, type Taken } from '../../workers/booking/taking/batches.ts'
import type { PlaceRequest } from '../../workers/booking/taking/request.ts'
import type { TakingParts } from '../../workers/booking/taking/take-batch.ts'
import { silentLog } from './silent-log.ts'

export interface Asked {
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
    log: silentLog,
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
    pass: { refusal: () => new TicketingError('pass_required', 'no pass') },
    command: { schema: 'booking', operation: swapped === undefined ? 'hold-seats' : 'change-hold', request, context },
    traceparent: undefined,
  }
}

/** Batches as a worker has them. */
export function batchesOn(
  postgres: TakingParts['postgres'],
  options: Pick<TakingParts, 'rowsPerSearch'> = {},
): Batches {
  const metrics = new BookingMetrics(new Metrics('test'))
  return new Batches({ postgres, shares: new SoldShares(), metrics, ...options })
}

/** Any buyer wants places. */
export const take = (
  batches: Batches,
  { userId = newId(), ...asked }: Omit<Asked, 'userId'> & Partial<Asked>,
): Promise<Taken> => batches.take(placeRequest({ userId, ...asked }))

export const best = (qty: number): Selection => ({ best_available: { qty, adjacent: 'require' } })

/** `held`, or the code of the refusal, of each. */
export function answersOf(asked: readonly Promise<Taken>[]): Promise<string[]> {
  const codeOf = (error: unknown): string => (error instanceof TicketingError ? error.code : String(error))
  return Promise.all(asked.map((taken) => taken.then(() => 'held', codeOf)))
}
