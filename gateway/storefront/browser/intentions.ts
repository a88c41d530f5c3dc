import type { Intention } from '../views/pay-state.ts'

/** Payments without a final answer, by hold. All tabs share them, so that a second tab repeats the first one's request. */

const storageName = 'ticketing-payments'

/** Buyers pay for few holds at once; older intentions have ended. */
const most = 8

interface Stored extends Intention {
  readonly holdId: string
}

/** The intention to pay for a hold that has no final answer yet. */
export function unanswered(holdId: string): Intention | null {
  return all().find((stored) => stored.holdId === holdId) ?? null
}

/** Stores the intention of a hold before it is sent; null: removes it. */
export function keepUnanswered(holdId: string, intention: Intention | null): void {
  const others = all().filter((stored) => stored.holdId !== holdId)
  const stored = intention === null ? others : [{ ...intention, holdId }, ...others]
  try {
    localStorage.setItem(storageName, JSON.stringify(stored.slice(0, most)))
  } catch {
    // Without storage, a page after a reload reads the hold; the worker still accepts only one payment.
  }
}

/** Calls `change` when another tab begins or ends a payment. */
export function onIntentionsChange(change: () => void): void {
  addEventListener('storage', ({ key }) => {
    if (key === storageName || key === null) change()
  })
}

function all(): readonly Stored[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageName) ?? '[]')
    return Array.isArray(stored) ? (stored as Stored[]) : []
  } catch {
    return []
  }
}
