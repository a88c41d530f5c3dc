import type { ManifestTicket, viewManifest } from '#shared/contracts/check-in.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewEvent } from '#shared/contracts/event.ts'
import type { viewTicketKeys } from '#shared/contracts/tickets.ts'
import type { DoorState } from '../views/door/door-state.ts'
import * as words from '../views/words/door.ts'
import { type Answer, type AskOptions, ask } from './api.ts'
import type { TicketList } from './decide-offline.ts'
import type { DoorStore, StoredList } from './door-store.ts'
import type { Island } from './island.ts'

/** Then it is loaded again. */
const oldAfterMs = 5 * 60_000

type Ask = <Value>(method: 'GET', path: string, options?: AskOptions) => Promise<Answer<Value>>

export interface DoorListParts {
  readonly eventId: string
  /** Null where the browser stores nothing. */
  readonly store: DoorStore | null
  readonly island: Island<DoorState>
  /** With the cookie of the door. */
  readonly ask: Ask
}

/** The tickets of an event on this device, by which it decides without a connection, and what the page says about them. */
export class DoorList {
  readonly #parts: DoorListParts
  #list: StoredList | null = null

  constructor(parts: DoorListParts) {
    this.#parts = parts
  }

  /** Null: not loaded yet. */
  get current(): StoredList | null {
    return this.#list
  }

  /** A clock that went back would make the list young for ever. */
  get isOld(): boolean {
    const ageMs = this.#list === null ? Number.POSITIVE_INFINITY : Date.now() - Date.parse(this.#list.loaded_at)
    return ageMs > oldAfterMs || ageMs < 0
  }

  /** Reads the list from before a reload. */
  async restore(): Promise<void> {
    const { store, eventId } = this.#parts
    this.#list = (await store?.list(eventId).catch(() => null)) ?? null
    if (this.#list === null) return
    this.#showEvent(this.#list.event)
    this.#show(this.#list)
  }

  /** Loads the list of now. Returns since when it is stored (ISO 8601); null if it was not loaded, or could not be stored. */
  async refresh(): Promise<string | null> {
    const { island, store } = this.#parts
    if (island.state.isLoadingList) return null
    island.set({ isLoadingList: true })
    const loaded = await this.#load().catch(() => null)
    island.set({ isLoadingList: false, hasListFault: loaded === null })
    if (loaded === null) return null
    this.#list = loaded
    this.#show(loaded)
    try {
      await store?.putList(loaded)
      return loaded.loaded_at
    } catch {
      island.set({ isStored: false })
      return null
    }
  }

  async delete(): Promise<void> {
    await this.#parts.store?.deleteList(this.#parts.eventId).catch(() => undefined)
  }

  /** Null if an answer is missing. Rejects if one is of something else, such as a network that wants a sign-in first. */
  async #load(): Promise<StoredList | null> {
    const { eventId, ask: askSignedIn, island } = this.#parts
    const loadedAt = new Date().toISOString()
    const found = await ask<ReplyOf<typeof viewEvent>>('GET', `/events/${encodeURIComponent(eventId)}`)
    if (found.ok) this.#showEvent(found.value)
    const loaded = await loadTickets(eventId, askSignedIn)
    const { event } = island.state
    return loaded === null || event === null ? null : { ...loaded, event, event_id: eventId, loaded_at: loadedAt }
  }

  #showEvent({ name, tz }: Pick<ReplyOf<typeof viewEvent>, 'name' | 'tz'>): void {
    this.#parts.island.set({ event: { name, tz: tz ?? Intl.DateTimeFormat().resolvedOptions().timeZone } })
    document.title = `${name} · ${words.title}`
  }

  #show({ loaded_at: loadedAt, tickets }: StoredList): void {
    const valid = tickets.filter(({ status }) => status !== 'void')
    this.#parts.island.set({
      list: { loadedAt, tickets: tickets.length },
      figures: { admitted: valid.filter(({ status }) => status === 'used').length, tickets: valid.length },
    })
  }
}

/** All tickets of an event, page by page, and the keys of their codes, which are public; null if one of the answers is missing. */
async function loadTickets(eventId: string, askSignedIn: Ask): Promise<TicketList | null> {
  const keys = await ask<ReplyOf<typeof viewTicketKeys>>('GET', '/.well-known/jwks.json')
  if (!keys.ok) return null
  const tickets: ManifestTicket[] = []
  let cursor: string | null = null
  do {
    const from: string = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`
    const page: Answer<ReplyOf<typeof viewManifest>> = await askSignedIn('GET', manifestPath(eventId) + from)
    if (!page.ok) return null
    tickets.push(...page.value.items)
    cursor = page.value.next_cursor
  } while (cursor !== null)
  return { tickets, keys: keys.value.keys }
}

/** Its pages are as long as they may be, unless the query has a limit. */
export function manifestPath(eventId: string): string {
  return `/check-in/${encodeURIComponent(eventId)}/manifest`
}
