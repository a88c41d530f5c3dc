import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewEvent } from '#shared/contracts/event.ts'
import { eventTime } from './format.ts'
import { type Html, html } from './html.ts'

type EventView = ReplyOf<typeof viewEvent>

/** What pages about a buyer's own things show of an event. */
export type ShownEvent = Pick<
  EventView,
  'id' | 'name' | 'status' | 'starts_on' | 'starts_at' | 'tz' | 'price_tiers' | 'areas'
> & {
  /** Of the venue. */
  readonly where: string | null
  /** Until then tickets may be given back; null: never. */
  readonly cancelUntil: string | null
}

export function shownEvent(event: EventView): ShownEvent {
  const { id, name, status, starts_on, starts_at, tz, price_tiers, areas, venue, sale } = event
  const where = venue === null ? null : [venue.name, venue.city].filter((part) => part !== null).join(', ')
  return { id, name, status, starts_on, starts_at, tz, price_tiers, areas, where, cancelUntil: sale.cancel_until }
}

/** `Mon 19 April 2027, 19:30 · TD Garden, Boston` */
export function whenAndWhere(event: ShownEvent, language: string): Html {
  return html`${eventTime(event, language, 'medium')}${event.where !== null && ` · ${event.where}`}`
}
