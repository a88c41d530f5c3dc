import type { z } from 'zod'
import type { saleStatus } from '#shared/contracts/event.ts'
import { TicketingError } from '#shared/errors.ts'

/** What decides whether seats of an event may be held now. */
export interface SaleWindow {
  readonly status: z.infer<typeof saleStatus>
  /** The sale is open from here … */
  readonly onSaleAt: Date | null
  /** … until just before here. */
  readonly offSaleAt: Date | null
}

/**
 * Throws `sale_not_open` (naming `on_sale_at`), `sale_closed`, `sale_paused` or `event_cancelled` unless seats may be
 * held at `now`. A postponed event counts as paused: its sale goes on once the new date is known.
 */
export function refuseUnlessOpen(window: SaleWindow, now: Date): void {
  const refusal = refusalAt(window, now)
  if (refusal !== null) throw refusal
}

/** Whether seats may be held at `now`. */
export function isOpen(window: SaleWindow, now: Date): boolean {
  return refusalAt(window, now) === null
}

function refusalAt({ status, onSaleAt, offSaleAt }: SaleWindow, now: Date): TicketingError | null {
  switch (status) {
    case 'cancelled':
      return new TicketingError('event_cancelled', 'The event is cancelled.')
    case 'paused':
    case 'postponed':
      return new TicketingError('sale_paused', 'The sale is paused; try again later.')
    case 'off_sale':
      return saleClosed()
    case 'announced':
      return saleNotOpen(onSaleAt)
    case 'on_sale':
      if (onSaleAt !== null && now < onSaleAt) return saleNotOpen(onSaleAt)
      return offSaleAt !== null && now >= offSaleAt ? saleClosed() : null
  }
}

/** The refusal of a sale that is still to come, at a time that may be unknown. */
export function saleNotOpen(onSaleAt: Date | null): TicketingError {
  return new TicketingError('sale_not_open', 'The sale has not opened yet.', {
    extra: { on_sale_at: onSaleAt?.toISOString() ?? null },
  })
}

function saleClosed(): TicketingError {
  return new TicketingError('sale_closed', 'The sale is over.')
}
