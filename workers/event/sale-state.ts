import type { z } from 'zod'
import type { eventSummary, saleStatus } from '#shared/contracts/event.ts'

export type EventStatus = z.infer<typeof eventSummary>['status']
export type SaleStatus = z.infer<typeof saleStatus>
/** The states that an organiser can choose; all others follow from the event and the clock. */
export type WantedSale = Extract<SaleStatus, 'announced' | 'on_sale' | 'paused'>

export interface Sale {
  readonly status: EventStatus
  readonly saleStatus: WantedSale
  readonly onSaleAt: Date | null
  /** Every sale has an end, even if its organiser or source set none. */
  readonly offSaleAt: Date
  /** Until when buyers can return tickets. */
  readonly cancelUntil: Date | null
}

/** How long a sale may continue after the event has begun: the event's end is unknown. */
export const saleGraceHours = 24

/** The latest end of the sale of an event that begins at `startsBy`. */
export function latestSaleEnd(startsBy: Date): Date {
  return new Date(startsBy.getTime() + saleGraceHours * 3_600_000)
}

/** Whether an event has begun and its sale has ended, so that nothing can be sold any more. */
export function isOver({ startsBy, offSaleAt }: Pick<Sale, 'offSaleAt'> & { startsBy: Date }, now: Date): boolean {
  return startsBy <= now && offSaleAt <= now
}

/** The status sent to the booking worker, which checks the two times itself. A sale that ends before it opens never opens. */
export function saleIntent({ status, saleStatus, onSaleAt, offSaleAt }: Omit<Sale, 'cancelUntil'>): SaleStatus {
  if (status === 'cancelled' || status === 'postponed') return status
  return onSaleAt !== null && onSaleAt >= offSaleAt ? 'off_sale' : saleStatus
}

/** The status that buyers see at the instant `now`: announced until the sale opens, off sale after it has closed. */
export function saleState(sale: Sale, now: Date): SaleStatus {
  const intent = saleIntent(sale)
  if (intent === 'cancelled' || intent === 'postponed') return intent
  if (sale.offSaleAt <= now) return 'off_sale'
  if (intent === 'on_sale' && sale.onSaleAt !== null && sale.onSaleAt > now) return 'announced'
  return intent
}

/** The data needed to open a sale. */
export interface OpenableSale extends Omit<Sale, 'cancelUntil'> {
  readonly placeCount: number
  /** When the event has certainly begun. */
  readonly startsBy: Date
}

/**
 * The sale after its opening was set to the instant `onSaleAt`. For a draft only the time is stored: publishing opens the sale. An end
 * before the opening comes from elsewhere, such as the import source, and is dropped.
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
