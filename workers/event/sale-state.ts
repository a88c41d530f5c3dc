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
  readonly offSaleAt: Date | null
  /** Until then buyers may give tickets back. */
  readonly cancelUntil: Date | null
}

/** The status that the booking worker is told; it watches the two times by itself. */
export function saleIntent({ status, saleStatus }: Pick<Sale, 'status' | 'saleStatus'>): SaleStatus {
  if (status === 'cancelled' || status === 'postponed') return status
  return saleStatus
}

/** The status that buyers see at the instant `now`: announced until the sale opens, off sale once it has closed. */
export function saleState(sale: Sale, now: Date): SaleStatus {
  const intent = saleIntent(sale)
  if (intent === 'cancelled' || intent === 'postponed') return intent
  if (sale.offSaleAt !== null && sale.offSaleAt <= now) return 'off_sale'
  if (intent === 'on_sale' && sale.onSaleAt !== null && sale.onSaleAt > now) return 'announced'
  return intent
}

/**
 * The sale after its opening was set to the instant `onSaleAt`. Of a draft only the time is noted: publishing opens it. An
 * end before the opening is left from elsewhere, such as the source it was imported from, and is dropped.
 */
export function openedSale(
  { status, saleStatus, offSaleAt, placeCount }: Omit<Sale, 'cancelUntil'> & { placeCount: number },
  onSaleAt: Date,
): Omit<Sale, 'cancelUntil'> {
  return {
    status,
    saleStatus: status === 'draft' || placeCount === 0 ? saleStatus : 'on_sale',
    onSaleAt,
    offSaleAt: offSaleAt !== null && offSaleAt > onSaleAt ? offSaleAt : null,
  }
}
