import type { Intention } from '../views/pay-state.ts'

/** Payments that were not answered for good, by hold. All tabs share them, so that a second one repeats the first's request. */

const storageName = 'ticketing-payments'

/** Buyers pay for few holds at once; what is older has ended. */
const most = 8

interface Stored extends Intention {
  readonly holdId: string
}

/** A new Idempotency-Key. `crypto.randomUUID` exists only on https and localhost. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The unanswered intention to pay for a hold. */
export function unanswered(holdId: string): Intention | null {
  return all().find((stored) => stored.holdId === holdId) ?? null
}

/** Keeps the unanswered intention of a hold, before it is sent; null: there is none any more. */
export function keepUnanswered(holdId: string, intention: Intention | null): void {
  const others = all().filter((stored) => stored.holdId !== holdId)
  const stored = intention === null ? others : [{ ...intention, holdId }, ...others]
  try {
    localStorage.setItem(storageName, JSON.stringify(stored.slice(0, most)))
  } catch {
    // Without storage a reload asks the hold how it stands; the worker still lets one payment through.
  }
}

/** Calls back when another tab begins or ends a payment. */
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
