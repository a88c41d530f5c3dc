import { eventPath } from '../views/event-path.ts'

/** The queue places and passes of this browser, by event. All tabs share them; other people cannot use them. */

const storageName = 'ticketing-queue'

export interface StoredPlace {
  readonly event_id: string
  readonly place_id: string
  readonly pass?: string
  /** When the pass ends, by this computer's clock, with which its duration was measured. */
  readonly pass_ends?: number
}

/** All places, the newest first. */
function all(): readonly StoredPlace[] {
  try {
    return placesIn(localStorage.getItem(storageName))
  } catch {
    // Storage may be forbidden: joining again returns the same place.
    return []
  }
}

function placesIn(text: string | null): readonly StoredPlace[] {
  const stored: unknown = JSON.parse(text ?? '[]')
  return Array.isArray(stored) ? (stored as StoredPlace[]) : []
}

/** The place of this browser in the queue of an event. */
export function storedPlace(eventId: string): StoredPlace | undefined {
  return all().find(({ event_id }) => event_id === eventId)
}

/** Stores a place. One of the same event is replaced where it stands, so that polling changes nothing that other tabs would hear of. */
export function storePlace(place: StoredPlace): void {
  const places = all()
  const at = places.findIndex(({ event_id }) => event_id === place.event_id)
  store(at === -1 ? [place, ...places] : places.with(at, place))
}

/** What a `storage` event says; `key` is null if all was deleted. */
interface StorageChange {
  readonly key: string | null
  readonly oldValue: string | null
  readonly newValue: string | null
}

/** Whether another tab joined, left or entered the queue of this event. Tabs of other events share the storage. */
export function hasChangedPlace({ key, oldValue, newValue }: StorageChange, eventId: string): boolean {
  const placeIn = (text: string | null): string | undefined =>
    JSON.stringify(placesIn(text).find(({ event_id }) => event_id === eventId))
  return key === null || (key === storageName && placeIn(oldValue) !== placeIn(newValue))
}

/** Forgets the place in the queue of an event. */
export function forgetPlace(eventId: string): void {
  store(all().filter(({ event_id }) => event_id !== eventId))
}

/** They belong to the buyer who signs out, or was signed in before another. */
export function forgetPlaces(): void {
  store([])
}

/** Forgets a pass that has ended; the place says why. */
export function forgetPass(eventId: string): void {
  const { place_id } = storedPlace(eventId) ?? {}
  if (place_id !== undefined) storePlace({ event_id: eventId, place_id })
}

/** The page of an event's queue. */
export function queuePath(eventId: string): string {
  return `${eventPath(eventId)}/queue`
}

/** The pass for an event with the milliseconds left; undefined once it has ended. */
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
    // Without storage a reload joins again and gets the same place.
  }
}
