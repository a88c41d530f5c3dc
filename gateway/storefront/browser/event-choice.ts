import type { Hold } from '#shared/contracts/holds.ts'
import {
  choiceOf,
  type EventPageState,
  type EventReply,
  type HeldState,
  type LiveState,
  type Note,
  type Offer,
} from '../views/event/event-state.ts'
import { sum } from '../views/format.ts'
import * as words from '../views/words/event.ts'
import { ask } from './api.ts'
import { ChosenSeats } from './chosen-seats.ts'
import { EventPlaces, type VersionedSnapshot } from './event-places.ts'
import type { Island } from './island.ts'
import { OwnHold } from './own-hold.ts'
import { chosenSeat, placesText } from './place-lines.ts'
import { refusalNote } from './refusal-note.ts'
import {
  type BestWish,
  bestPlaces,
  chosenPlaces,
  releaseHold,
  requestPlaces,
  type Selection,
} from './request-places.ts'
import type { Plan } from './seat-map/plan.ts'
import { readChoice, storeChoice } from './stored-choice.ts'

/** Seats that were just held light up one after the other. */
const lightEveryMs = 60

/** The places of an event that a buyer chose, and the buyer's hold. */
export class EventChoice {
  readonly #island: Island<EventPageState>
  readonly #plan: Plan
  readonly #ownHold: OwnHold
  readonly #chosen: ChosenSeats
  readonly places: EventPlaces
  /** Seats of the buyer's hold that are already lit. */
  #mine: readonly number[] = []

  constructor(island: Island<EventPageState>, element: HTMLElement, plan: Plan) {
    this.#island = island
    this.#plan = plan
    const { event } = island.state
    this.#ownHold = new OwnHold(event.id, (held) => this.#heldChanged(held))
    const { seats, outlook } = readChoice(event)
    this.#chosen = new ChosenSeats(seats)
    this.places = new EventPlaces({
      island,
      element,
      plan,
      isChosen: (seat) => this.#chosen.has(seat),
      isYours: (seat) => this.#chosen.has(seat) || this.#ownHold.seats.includes(seat),
      onSeat: (seat) => this.toggle(seat),
      onStates: (isReset) => {
        this.#loseTaken()
        if (isReset) this.#choiceChanged()
      },
    })
    if (this.places.map !== null) this.places.map.outlook = outlook
    addEventListener('pagehide', () => this.#store())
    addEventListener('pageshow', ({ persisted }) => {
      if (persisted) this.#set({ asking: null })
      if (persisted) void this.#ownHold.look()
    })
  }

  /** Starts with the loaded seats and follows changes from their position; null: from now on. */
  begin(loaded: { snapshot: VersionedSnapshot; position: string | null } | null): void {
    const isLoaded = loaded !== null && this.places.load(loaded.snapshot)
    if (isLoaded) this.#paintYours()
    // The map first: reading the hold comes after its first frame.
    requestAnimationFrame(() => {
      performance.mark('seat-map')
      setTimeout(() => {
        if (isLoaded) {
          this.#loseTaken()
          this.#choiceChanged()
        }
        this.places.follow(loaded?.position ?? null)
        void this.#ownHold.look()
      }, 0)
    })
  }

  /** Chooses a seat, or drops it again. */
  toggle(seat: number): void {
    if (this.#event.sale.status !== 'on_sale' || this.#ownHold.seats.includes(seat)) return
    if (this.#chosen.delete(seat)) this.#choiceChanged()
    else if (!this.places.states.isFree(seat))
      this.#say({ title: words.otherSeatNotFree, text: placesText(this.#plan, [seat]) })
    else if (this.#wanted() >= this.#event.sale.max_tickets_per_user) this.#sayLimit()
    else {
      this.#chosen.add(seat)
      this.#choiceChanged({ note: null })
    }
  }

  /** One more or one fewer: seats together, or tickets of an area. */
  step(of: string, by: number): void {
    const { max_tickets_per_user: limit } = this.#event.sale
    if (of === 'together') {
      this.#set({ together: Math.min(limit, Math.max(1, this.#live.together + by)) })
      this.#store()
      return
    }
    const area = this.#event.areas[Number(of.slice('area:'.length))]
    if (area === undefined) return
    if (by > 0 && this.#wanted() >= limit) {
      this.#sayLimit()
      return
    }
    const qty = Math.max(0, (this.#live.areaQty[area.name] ?? 0) + by)
    this.#choiceChanged({ areaQty: { ...this.#live.areaQty, [area.name]: qty } })
  }

  setFilter(change: Partial<Pick<LiveState, 'onlyPrice' | 'accessible'>>): void {
    this.#set(change)
    this.#store()
    this.places.showLines()
  }

  ringOffer(index: number | null): void {
    this.places.map?.picture.setOffered(index === null ? [] : (this.#live.note?.offers[index]?.seats ?? []))
  }

  takeOffer(index: number): void {
    const offer: Offer | undefined = this.#live.note?.offers[index]
    this.places.map?.picture.setOffered([])
    if (offer?.seats !== undefined) {
      this.#chosen.keepOnly((seat) => this.places.states.isFree(seat))
      for (const seat of offer.seats) if (this.places.states.isFree(seat)) this.#chosen.add(seat)
      this.#choiceChanged({ note: null })
      this.places.map?.showSeats(offer.seats)
    } else if (offer?.best !== undefined) void this.holdBest(offer.best)
    else if (offer?.again === true) void this.#again()
  }

  /** Holds the chosen places, or exchanges the buyer's hold for them, and goes on to payment. */
  async holdChosen(): Promise<void> {
    const selection = chosenPlaces(this.#chosen.seats, this.#live.areaQty)
    if (selection === null) return
    const { totalMinor } = choiceOf(this.#island.state)
    const hold = await this.#ask(selection, 'hold', () => this.holdChosen(), null)
    if (hold === null) return
    this.#chosen.clear()
    this.#choiceChanged({ areaQty: {} })
    if (hold.total_minor !== totalMinor) {
      // Prices can rise while a page is open. The buyer sees the new sum before the next step.
      const { language } = this.#island.state
      const [before, now] = [totalMinor, hold.total_minor].map((minor) => sum(minor, hold.currency, language))
      this.#say({ title: words.priceChanged, text: words.priceChangedText(before ?? '', now ?? '') })
      return
    }
    location.assign(`/shop/holds/${encodeURIComponent(hold.id)}`)
  }

  /** Holds the best free places, or exchanges the buyer's hold for them, and shows them. */
  async holdBest(wish: BestWish): Promise<void> {
    const { onlyPrice } = this.#live
    const tier = onlyPrice === null ? undefined : this.#tierOf(onlyPrice)
    const best = bestPlaces(wish, this.#live, tier)
    const request = { qty: best.qty, hasPrice: best.tier !== undefined }
    const hold = await this.#ask({ best_available: best }, 'best', () => this.holdBest(wish), request)
    if (hold === null) return
    this.#chosen.clear()
    this.#mine = []
    this.#choiceChanged()
    this.places.map?.showSeats(this.#ownHold.seats)
    this.#lightUp()
    document.querySelector<HTMLElement>('.held .button')?.focus()
  }

  async release(): Promise<void> {
    const { hold } = this.#ownHold
    if (hold === null || this.#live.asking !== null) return
    this.#set({ asking: 'release' })
    const answer = await releaseHold(hold.id)
    this.#set({ asking: null })
    if (answer.ok) {
      this.#ownHold.drop(hold.id)
      this.#say({ title: words.released, text: '' })
    } else this.#set({ note: refusalNote(answer.problem, this.#plan, { best: null }, this.places.writing) })
  }

  get #event() {
    return this.places.event
  }

  get #live() {
    return this.places.live
  }

  #set(change: Partial<LiveState>): void {
    this.places.set(change)
  }

  #say(note: Pick<Note, 'title' | 'text'>): void {
    this.#set({ note: { ...note, isAlarm: false, offers: [] } })
  }

  #sayLimit(): void {
    const { max_tickets_per_user: limit } = this.#event.sale
    this.#say({ title: words.limitOnPage(limit), text: '' })
  }

  /** Repeats the last request; set while its answer may still come. */
  #again: () => Promise<void> = async () => undefined

  /** Sends one request for places. Null if it was refused; the page then says why. */
  async #ask(
    selection: Selection,
    asking: 'hold' | 'best',
    again: () => Promise<void>,
    best: Parameters<typeof refusalNote>[2]['best'],
  ): Promise<Hold | null> {
    if (this.#live.asking !== null || this.#event.sale.status !== 'on_sale') return null
    this.#again = again
    this.#set({ asking, note: null })
    const holdId = this.#ownHold.hold?.id ?? null
    const answer = await requestPlaces(
      { eventId: this.#event.id, holdId, isDemo: this.#island.state.isDemo },
      selection,
    )
    if ('to' in answer) {
      this.#store()
      location.assign(answer.to)
      return null
    }
    if (answer.ok) {
      this.#ownHold.take(answer.value)
      this.#set({ asking: null })
      return answer.value
    }
    const { problem } = answer
    this.#set({ asking: null, note: refusalNote(problem, this.#plan, { best }, this.places.writing) })
    if (typeof problem.hold_id === 'string') await this.#ownHold.look(problem.hold_id)
    this.#loseTaken()
    if (/^(sale_|sold_out|event_)/.test(problem.code)) await this.#readEvent()
    return null
  }

  /** The sale has changed since the page was made. Retries, because caches may show the change later than the refusal. */
  async #readEvent(tries = 3): Promise<void> {
    const answer = await ask<EventReply>('GET', `/events/${encodeURIComponent(this.#event.id)}`)
    if (answer.ok) this.#island.set({ event: answer.value })
    if (tries > 1 && this.#event.sale.status === 'on_sale') setTimeout(() => void this.#readEvent(tries - 1), 1_000)
  }

  #tierOf(price: number): string | undefined {
    const names = this.#plan.prices[price]?.names ?? []
    return this.#event.price_tiers.find(({ name }) => names.includes(name))?.name
  }

  #wanted(): number {
    return Object.values(this.#live.areaQty).reduce((sum, qty) => sum + qty, this.#chosen.seats.length)
  }

  /** Drops chosen seats that somebody else has taken. Not while a hold is requested: it may be the buyer's own. */
  #loseTaken(): void {
    if (this.#live.asking !== null) return
    const own = this.#ownHold.seats.filter((seat) => this.#chosen.delete(seat))
    const taken = this.#chosen.lose(
      (seat) => this.places.states.isFree(seat),
      () => this.#choiceChanged(),
    )
    if (own.length + taken.length === 0) return
    const isTold = this.#live.note !== null && this.#live.note.offers.length > 0
    if (taken.length === 0 || isTold) {
      this.#choiceChanged()
      return
    }
    const text = words.taken(placesText(this.#plan, taken), taken.length > 1)
    this.#choiceChanged({ note: { title: words.takenTitle, text, isAlarm: true, offers: [] } })
  }

  #choiceChanged(change: Partial<LiveState> = {}): void {
    const chosen = this.#chosen.entries().map(({ seat, isLost }) => chosenSeat(this.#plan, seat, isLost))
    this.#set({ ...change, chosen })
    this.#paintYours()
    this.places.showLines()
    this.places.rename()
    this.#store()
  }

  #paintYours(): void {
    this.places.map?.picture.setYours(new Set([...this.#chosen.seats, ...this.#mine]))
  }

  #heldChanged(held: HeldState | null): void {
    const before = this.#live.held
    this.#set({ held })
    if (held !== null && before?.holdId === held.holdId && before.places === held.places) return
    if (held === null || this.#live.asking !== 'best') this.#mine = this.#ownHold.seats
    for (const seat of this.#mine) this.#chosen.delete(seat)
    this.#choiceChanged()
  }

  #lightUp(): void {
    const seats = this.#ownHold.seats
    for (const [index] of seats.entries()) {
      setTimeout(
        () => {
          this.#mine = seats.slice(0, index + 1)
          this.#paintYours()
        },
        240 + index * lightEveryMs,
      )
    }
  }

  #store(): void {
    const { areaQty, together, onlyPrice, accessible } = this.#live
    storeChoice(this.#event.id, this.#event.layout_version ?? 0, {
      seats: this.#chosen.seats,
      areaQty,
      together,
      onlyPrice,
      accessible,
      outlook: this.places.map?.outlook ?? null,
    })
  }
}
