/** The holds of this browser, by event: for the badge in the masthead and the way back to a hold. All tabs share them. */

const storageName = 'ticketing-holds'

export interface HeldPlaces {
  readonly event_id: string
  readonly hold_id: string
  /** Number of places. */
  readonly qty: number
}

/** All holds, the newest first. */
export function allHeld(): readonly HeldPlaces[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageName) ?? '[]')
    return Array.isArray(stored) ? (stored as HeldPlaces[]) : []
  } catch {
    // Storage may be forbidden, or contain data of another version: then no hold is known.
    return []
  }
}

/** Remembers the hold of an event, in place of an earlier one. */
export function rememberHeld(held: HeldPlaces): void {
  store([held, ...allHeld().filter(({ event_id }) => event_id !== held.event_id)])
}

/** Forgets a hold that ended. */
export function forgetHeld(holdId: string): void {
  store(allHeld().filter(({ hold_id }) => hold_id !== holdId))
}

/** Buyers hold places for few events at once; older holds have ended. */
const most = 8

function store(held: readonly HeldPlaces[]): void {
  try {
    localStorage.setItem(storageName, JSON.stringify(held.slice(0, most)))
    dispatchEvent(new Event('held'))
  } catch {
    // Without storage only the badge is missing.
  }
}
