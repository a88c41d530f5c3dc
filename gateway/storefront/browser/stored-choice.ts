import type { Outlook } from './seat-map/map-camera.ts'

/** What a reader chose on the page of an event; kept over reload and back, in this tab alone. */
export interface StoredChoice {
  readonly seats: readonly number[]
  readonly areaQty: Readonly<Record<string, number>>
  readonly together: number
  readonly onlyPrice: number | null
  readonly accessible: boolean
  readonly outlook: Outlook | null
}

const nothing: StoredChoice = { seats: [], areaQty: {}, together: 2, onlyPrice: null, accessible: false, outlook: null }

export function readChoice(eventId: string, version: number): StoredChoice {
  try {
    return { ...nothing, ...JSON.parse(sessionStorage.getItem(nameOf(eventId, version)) ?? '{}') }
  } catch {
    return nothing
  }
}

export function storeChoice(eventId: string, version: number, choice: StoredChoice): void {
  try {
    sessionStorage.setItem(nameOf(eventId, version), JSON.stringify(choice))
  } catch {
    // Without storage a reload forgets the choice, and nothing else.
  }
}

/** Seats of another layout are other seats. */
function nameOf(eventId: string, version: number): string {
  return `ticketing-choice ${eventId} ${version}`
}
