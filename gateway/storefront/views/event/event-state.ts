import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewEvent } from '#shared/contracts/event.ts'
import type { Place } from '#shared/contracts/places.ts'

export type EventReply = ReplyOf<typeof viewEvent>

/** A section as the list shows it. */
export interface SectionLine {
  readonly name: string
  /** Index into `pricesOf(event)`: its highest price. */
  readonly price: number
  /** Its lowest price. */
  readonly fromMinor: number
  readonly free: number
  readonly seatCount: number
  /** The longest run of free seats; null if only the map knows it. */
  readonly together: number | null
}

/** A chosen seat, with its names. */
export interface ChosenSeat {
  readonly seat: number
  readonly section: string
  readonly row: string
  readonly label: string
  readonly price: number
  readonly priceMinor: number
  /** Somebody else has just taken it. */
  readonly isLost: boolean
}

export interface ListSeat {
  readonly seat: number
  readonly label: string
  readonly name: string
  readonly isChosen: boolean
  readonly isAccessible: boolean
}

export interface ListRow {
  readonly label: string
  readonly seats: readonly ListSeat[]
}

/** The open sections of the list. */
export interface OpenSection {
  readonly rows: readonly ListRow[]
  /** Number of free seats omitted, because the section is too large for a list. */
  readonly more: number
}

export interface Offer {
  readonly label: string
  /** Seats to choose, or how many to hold and by which rule. */
  readonly seats?: readonly number[]
  readonly best?: { readonly qty: number; readonly anyPrice?: boolean; readonly apart?: boolean }
  /** Repeats the refused request. */
  readonly again?: 'hold' | 'release'
}

/** A message about what has just happened. */
export interface Note {
  readonly title: string
  readonly text: string
  readonly isAlarm: boolean
  readonly offers: readonly Offer[]
  /** Whether the waiting list is the next step. */
  readonly hasList?: true
}

export interface HeldState {
  readonly holdId: string
  readonly places: readonly Place[]
  readonly totalMinor: number
  readonly currency: string
  /** `9:41` */
  readonly clock: string
}

/** The state that only the script knows. */
export interface LiveState {
  readonly mode: 'connecting' | 'live' | 'late' | 'offline'
  readonly tab: 'map' | 'list'
  readonly chosen: readonly ChosenSeat[]
  /** Tickets wanted of each area, by its name. */
  readonly areaQty: ReadonlyMap<string, number>
  readonly together: number
  /** Index of the only price to show. */
  readonly onlyPrice: number | null
  readonly accessible: boolean
  /** By the index of the section. */
  readonly open: Readonly<Record<number, OpenSection>>
  readonly asking: 'hold' | 'best' | 'release' | null
  readonly note: Note | null
  readonly held: HeldState | null
  /** Time until the sale opens: `2 d 04:05:09`. */
  readonly opensIn: string | null
  /** Time left on the pass of the waiting room: `9:41`. */
  readonly passClock: string | null
}

export interface EventPageState {
  readonly event: EventReply
  readonly language: string
  readonly isDemo: boolean
  /** Null in the browser while the list is hidden, and until layout and seats are loaded: the list from the server stays. */
  readonly sections: readonly SectionLine[] | null
  /** Free seats of the whole map, whatever the list shows. */
  readonly freeSeats: number
  /** Free places of each area, in the order of the event. */
  readonly areaFree: readonly number[]
  readonly hasAccessible: boolean
  /** Whether the plan has anything to draw. */
  readonly hasMap: boolean
  /** Null without script. */
  readonly live: LiveState | null
}

/** Whether the buyer must first wait in the queue. An existing hold stays, and can be paid for without a pass. */
export function needsPass({ event, live }: EventPageState): boolean {
  return event.sale.waiting_room && (live === null || live.passClock === null)
}

/** Whether places can be held now. */
export function isSelling({ event }: EventPageState): boolean {
  return event.sale.status === 'on_sale' && event.layout_version !== null
}

/** All places of the event. */
export function placesOf({ event }: EventPageState): number {
  return event.seat_count + event.areas.reduce((sum, { capacity }) => sum + capacity, 0)
}

/** All free places: seats and general admission. */
export function freeOf({ freeSeats, areaFree }: EventPageState): number {
  return areaFree.reduce((sum, free) => sum + free, freeSeats)
}

/** Chosen seats that can still be held, and wanted tickets of areas. */
export function choiceOf({ event, live }: EventPageState): {
  seats: readonly ChosenSeat[]
  places: number
  totalMinor: number
} {
  const seats = live?.chosen.filter(({ isLost }) => !isLost) ?? []
  let [places, totalMinor] = [seats.length, seats.reduce((sum, { priceMinor }) => sum + priceMinor, 0)]
  for (const { name, price_minor } of event.areas) {
    const qty = live?.areaQty.get(name) ?? 0
    places += qty
    totalMinor += qty * price_minor
  }
  return { seats, places, totalMinor }
}
