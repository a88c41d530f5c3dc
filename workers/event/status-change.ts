import { invalidRequest, TicketingError } from '#shared/errors.ts'
import { eventIsOver } from './refusals.ts'
import { type EventStatus, isOver, type WantedSale } from './sale-state.ts'

export type StatusAction = 'publish' | 'pause' | 'resume' | 'cancel'

export interface ChangeableEvent {
  readonly status: EventStatus
  readonly saleStatus: WantedSale
  /** Number of seats and GA tickets. */
  readonly placeCount: number
  /** When the event has certainly begun, and when its sale ends. */
  readonly startsBy: Date
  readonly offSaleAt: Date
}

/**
 * The status of an event after an organiser's action; idempotent. Publishing puts seats on sale, if there are any. Throws
 * `event_cancelled`, because cancelling is final; `sale_closed` for publishing an event that is over at the instant `now`; and
 * `validation_failed` for pausing or resuming without a sale.
 */
export function statusAfter(
  event: ChangeableEvent,
  action: StatusAction,
  now: Date,
): Pick<ChangeableEvent, 'status' | 'saleStatus'> {
  const { status, saleStatus, placeCount } = event
  if (action === 'cancel') return { status: 'cancelled', saleStatus }
  if (status === 'cancelled') throw new TicketingError('event_cancelled', 'The event is cancelled.')
  if (action === 'publish') {
    if (status !== 'draft') return { status, saleStatus }
    if (isOver(event, now)) throw eventIsOver(event)
    return { status: 'published', saleStatus: placeCount > 0 ? 'on_sale' : 'announced' }
  }
  if (status === 'draft' || placeCount === 0) {
    const why = status === 'draft' ? 'the event is a draft; publish it first' : 'the event has no seats on sale'
    throw invalidRequest([{ pointer: '/action', detail: `cannot be ${action}: ${why}` }])
  }
  return { status, saleStatus: action === 'pause' ? 'paused' : 'on_sale' }
}
