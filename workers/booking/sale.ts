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
 * held at `now`. A postponed event counts as paused, whatever its old date: its sale goes on once the new one is known.
 */
export function refuseUnlessOpen(window: SaleWindow, now: Date): void {
  const refusal = refusalAt(window, now)
  if (refusal !== null) throw refusal
}

/** Whether seats may be held at `now`. */
export function isOpen(window: SaleWindow, now: Date): boolean {
  return refusalAt(window, now) === null
}

/** Whether the sale has ended at `now`: nothing is held any more, nor for longer than it is. */
export function hasEnded({ offSaleAt }: SaleWindow, now: Date): boolean {
  return offSaleAt !== null && now >= offSaleAt
}

/** Throws `event_cancelled` or `sale_closed` unless what is held already may be held for longer at `now`. */
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

/** The refusal of a sale that is still to come, at a time that may be unknown. */
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
  return new TicketingError('sale_closed', 'The sale is over.')
}
