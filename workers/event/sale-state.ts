import type { z } from 'zod'
import type { eventSummary, saleStatus } from '#shared/contracts/event.ts'

export type EventStatus = z.infer<typeof eventSummary>['status']
export type SaleStatus = z.infer<typeof saleStatus>
/** What an organiser can want of a sale; the rest follows from the event and the clock. */
export type WantedSale = Extract<SaleStatus, 'announced' | 'on_sale' | 'paused'>

export interface Sale {
  readonly status: EventStatus
  readonly saleStatus: WantedSale
  readonly onSaleAt: Date | null
  /** Whatever its organiser or source left open: every sale ends. */
  readonly offSaleAt: Date
  /** Until then buyers may give tickets back. */
  readonly cancelUntil: Date | null
}

/** An organiser may let a sale go on for so long after the event has begun. Until when it lasts is not known. */
export const saleGraceHours = 24

/** The latest end of the sale of an event that begins at `startsBy`. */
export function latestSaleEnd(startsBy: Date): Date {
  return new Date(startsBy.getTime() + saleGraceHours * 3_600_000)
}

/** Whether an event has begun and its sale has ended: nothing of it can be sold any more. */
export function isOver({ startsBy, offSaleAt }: Pick<Sale, 'offSaleAt'> & { startsBy: Date }, now: Date): boolean {
  return startsBy <= now && offSaleAt <= now
}

/** The status that the booking worker is told; it watches the two times by itself. A sale that ends first never opens. */
export function saleIntent({ status, saleStatus, onSaleAt, offSaleAt }: Omit<Sale, 'cancelUntil'>): SaleStatus {
  if (status === 'cancelled' || status === 'postponed') return status
  return onSaleAt !== null && onSaleAt >= offSaleAt ? 'off_sale' : saleStatus
}

/** The status that buyers see at the instant `now`: announced until the sale opens, off sale once it has closed. */
export function saleState(sale: Sale, now: Date): SaleStatus {
  const intent = saleIntent(sale)
  if (intent === 'cancelled' || intent === 'postponed') return intent
  if (sale.offSaleAt <= now) return 'off_sale'
  if (intent === 'on_sale' && sale.onSaleAt !== null && sale.onSaleAt > now) return 'announced'
  return intent
}

/** What opening a sale looks at. */
export interface OpenableSale extends Omit<Sale, 'cancelUntil'> {
  readonly placeCount: number
  /** When the event has begun for sure. */
  readonly startsBy: Date
}

/**
 * The sale after its opening was set to the instant `onSaleAt`. Of a draft only the time is noted: publishing opens it. An
 * end before the opening is left from elsewhere, such as the source it was imported from, and is dropped.
 */
export function openedSale(
  { status, saleStatus, offSaleAt, startsBy, placeCount }: OpenableSale,
  onSaleAt: Date,
): Omit<Sale, 'cancelUntil'> {
  return {
    status,
    saleStatus: status === 'draft' || placeCount === 0 ? saleStatus : 'on_sale',
    onSaleAt,
    offSaleAt: offSaleAt > onSaleAt ? offSaleAt : startsBy,
  }
}
