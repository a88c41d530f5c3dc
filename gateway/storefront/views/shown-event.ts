import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewEvent } from '#shared/contracts/event.ts'
import { eventTime } from './format.ts'
import { type Html, html } from './html.ts'

type EventView = ReplyOf<typeof viewEvent>

/** The data of an event that a buyer's own pages show. */
export type ShownEvent = Pick<
  EventView,
  'id' | 'name' | 'status' | 'starts_on' | 'starts_at' | 'tz' | 'price_tiers' | 'areas'
> & {
  /** Venue and city, such as `TD Garden, Boston`. */
  readonly where: string | null
  /** Street, such as `ul. Czółenkowa 12`. */
  readonly address: string | null
  readonly doorsAt: string | null
  /** Until when tickets can be returned; null: never. */
  readonly cancelUntil: string | null
}

/** The data of an event that a buyer's own pages show. */
export function shownEvent(event: EventView): ShownEvent {
  const {
    id,
    name,
    status,
    starts_on,
    starts_at,
    tz,
    price_tiers,
    areas,
    venue,
    doors_at: doorsAt = null,
    sale,
  } = event
  const where = venue === null ? null : [venue.name, venue.city].filter((part) => part !== null).join(', ')
  const address = venue?.address ?? null
  const cancelUntil = sale.cancel_until
  return { id, name, status, starts_on, starts_at, tz, price_tiers, areas, where, address, doorsAt, cancelUntil }
}

/** `Mon 19 April 2027, 19:30 · TD Garden, Boston` */
export function whenAndWhere(event: ShownEvent, language: string): Html {
  return html`${eventTime(event, language, 'medium')}${event.where !== null && ` · ${event.where}`}`
}
