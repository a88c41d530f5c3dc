/** The places in queues and the passes of this browser, by event. All tabs share them; other people cannot use them. */

const storageName = 'ticketing-queue'

export interface StoredPlace {
  readonly event_id: string
  readonly place_id: string
  readonly pass?: string
  /** When the pass ends, by this computer's clock, which also measured how long it lasts. */
  readonly pass_ends?: number
}

/** The newest first. */
function all(): readonly StoredPlace[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageName) ?? '[]')
    return Array.isArray(stored) ? (stored as StoredPlace[]) : []
  } catch {
    // Storage may be forbidden: joining again answers the same place.
    return []
  }
}

export function storedPlace(eventId: string): StoredPlace | undefined {
  return all().find(({ event_id }) => event_id === eventId)
}

export function storePlace(place: StoredPlace): void {
  store([place, ...all().filter(({ event_id }) => event_id !== place.event_id)])
}

export function forgetPlace(eventId: string): void {
  store(all().filter(({ event_id }) => event_id !== eventId))
}

/** For when somebody else signs in on this device. */
export function forgetPlaces(): void {
  store([])
}

/** Forgets a pass that is over; the place says why. */
export function forgetPass(eventId: string): void {
  const { place_id } = storedPlace(eventId) ?? {}
  if (place_id !== undefined) storePlace({ event_id: eventId, place_id })
}

/** The page of an event's queue. */
export function queuePath(eventId: string): string {
  return `/shop/events/${encodeURIComponent(eventId)}/queue`
}

/** The pass for an event while it lasts, with the milliseconds left. */
export function passOf(eventId: string): { readonly pass: string; readonly leftMs: number } | null {
  const { pass, pass_ends = 0 } = storedPlace(eventId) ?? {}
  const leftMs = pass_ends - Date.now()
  return pass !== undefined && leftMs > 0 ? { pass, leftMs } : null
}

/** Buyers wait for few events at once. */
const most = 8

function store(places: readonly StoredPlace[]): void {
  try {
    localStorage.setItem(storageName, JSON.stringify(places.slice(0, most)))
  } catch {
    // Then a reload joins again, and gets the same place.
  }
}
