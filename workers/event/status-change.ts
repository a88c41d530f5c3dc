import { invalidRequest, TicketingError } from '#shared/errors.ts'
import type { EventStatus, WantedSale } from './sale-state.ts'

export type StatusAction = 'publish' | 'pause' | 'resume' | 'cancel'

export interface ChangeableEvent {
  readonly status: EventStatus
  readonly saleStatus: WantedSale
  /** Seats and standing places. */
  readonly placeCount: number
}

/**
 * What an organiser's action makes of an event; repeating an action changes nothing. Publishing puts seats on sale, if
 * there are any. Throws `event_cancelled`, because cancelling is final, and `validation_failed` for pausing or resuming a
 * sale that there is not.
 */
export function statusAfter(
  { status, saleStatus, placeCount }: ChangeableEvent,
  action: StatusAction,
): Pick<ChangeableEvent, 'status' | 'saleStatus'> {
  if (action === 'cancel') return { status: 'cancelled', saleStatus }
  if (status === 'cancelled') throw new TicketingError('event_cancelled', 'The event is cancelled.')
  if (action === 'publish') {
    if (status !== 'draft') return { status, saleStatus }
    return { status: 'published', saleStatus: placeCount > 0 ? 'on_sale' : 'announced' }
  }
  if (status === 'draft' || placeCount === 0) {
    const why = status === 'draft' ? 'the event is a draft: publish it first' : 'the event has no seats on sale'
    throw invalidRequest([{ pointer: '/action', detail: `finds nothing to ${action}, because ${why}` }])
  }
  return { status, saleStatus: action === 'pause' ? 'paused' : 'on_sale' }
}
