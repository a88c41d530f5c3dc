import type { z } from 'zod'
import type { saleStatus } from '#shared/contracts/event.ts'
import { TicketingError } from '#shared/errors.ts'

/** What decides whether places of an event can be held now. */
export interface SaleWindow {
  readonly status: z.infer<typeof saleStatus>
  /** The sale is open from here … */
  readonly onSaleAt: Date | null
  /** … until just before here. */
  readonly offSaleAt: Date | null
}

/**
 * Throws `sale_not_open` (with `on_sale_at`), `sale_closed`, `sale_paused` or `event_cancelled` unless places can be held at `now`. A
 * postponed event counts as paused, whatever its old date: its sale continues once the new date is known.
 */
export function refuseUnlessOpen(window: SaleWindow, now: Date): void {
  const refusal = refusalAt(window, now)
  if (refusal !== null) throw refusal
}

/** Whether places can be held at `now`. */
export function isOpen(window: SaleWindow, now: Date): boolean {
  return refusalAt(window, now) === null
}

/** Whether the sale has ended at `now`: no new holds, and no extensions. */
export function hasEnded({ offSaleAt }: SaleWindow, now: Date): boolean {
  return offSaleAt !== null && now >= offSaleAt
}

/** The status that buyers see at `now`: announced until it opens, off sale once it has ended. */
export function saleStateAt(window: SaleWindow, now: Date): SaleWindow['status'] {
  const { status, onSaleAt } = window
  if (status === 'cancelled' || status === 'postponed') return status
  if (hasEnded(window, now)) return 'off_sale'
  return status === 'on_sale' && onSaleAt !== null && now < onSaleAt ? 'announced' : status
}

/** Throws `event_cancelled` or `sale_closed` unless an existing hold can be extended at `now`. */
export function refuseUnlessExtensible(window: SaleWindow, now: Date): void {
  if (window.status === 'cancelled') throw eventCancelled()
  if (hasEnded(window, now)) throw saleClosed()
}

function refusalAt(window: SaleWindow, now: Date): TicketingError | null {
  const { status, onSaleAt } = window
  switch (status) {
    case 'cancelled':
      return eventCancelled()
    case 'postponed':
      return salePaused()
    case 'off_sale':
      return saleClosed()
    case 'paused':
      return hasEnded(window, now) ? saleClosed() : salePaused()
    case 'announced':
      return hasEnded(window, now) ? saleClosed() : saleNotOpen(onSaleAt)
    case 'on_sale':
      if (hasEnded(window, now)) return saleClosed()
      return onSaleAt !== null && now < onSaleAt ? saleNotOpen(onSaleAt) : null
  }
}

/** The refusal of a sale that has not opened; its opening may be unknown. */
export function saleNotOpen(onSaleAt: Date | null): TicketingError {
  return new TicketingError('sale_not_open', 'The sale has not opened yet; try again once it is open.', {
    extra: { on_sale_at: onSaleAt?.toISOString() ?? null },
  })
}

function eventCancelled(): TicketingError {
  return new TicketingError('event_cancelled', 'The event is cancelled.')
}

function salePaused(): TicketingError {
  return new TicketingError('sale_paused', 'The sale is paused; try again later.')
}

function saleClosed(): TicketingError {
  return new TicketingError('sale_closed', 'The sale has ended.')
}
