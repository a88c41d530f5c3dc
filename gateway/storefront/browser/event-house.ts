import type { EventPageState, EventReply, HeldState, LiveState, Note, Offer } from '../views/event/event-state.ts'
import * as words from '../views/words/event.ts'
import { ask } from './api.ts'
import { ChosenSeats } from './chosen-seats.ts'
import { startHouseMap } from './house-map.ts'
import type { Island } from './island.ts'
import { type Hold, OwnHold } from './own-hold.ts'
import { chosenSeat, openSection, placesText, sectionLines, type Writing } from './place-lines.ts'
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
import type { SeatMap } from './seat-map/seat-map.ts'
import { type SeatChange, SeatStates, type Snapshot } from './seat-map/states.ts'
import { followSeats } from './seat-stream.ts'
import { readChoice, storeChoice } from './stored-choice.ts'

/** Lists and counts follow the seats at most so often; the map follows at once. */
const linesEveryMs = 500
/** Places that were held for a buyer light up one after the other. */
const lightEveryMs = 60

/** The places of an event on its page: their states, the buyer's choice among them, and the hold. */
export class EventHouse {
  readonly #island: Island<EventPageState>
  readonly #element: HTMLElement
  readonly #plan: Plan
  readonly #states: SeatStates
  readonly #writing: Writing
  readonly #ownHold: OwnHold
  readonly map: SeatMap | null
  #rename: () => void = () => undefined
  readonly #chosen: ChosenSeats
  readonly #open = new Set<number>()
  /** Seats of the own hold that shine already. */
  #mine: readonly number[] = []
  #linesDue: ReturnType<typeof setTimeout> | undefined

  constructor(island: Island<EventPageState>, element: HTMLElement, plan: Plan) {
    this.#island = island
    this.#element = element
    this.#plan = plan
    this.#states = new SeatStates(plan)
    const { event, language } = island.state
    this.#writing = { language, currency: event.currency ?? 'EUR' }
    this.#ownHold = new OwnHold(event.id, (held) => this.#heldChanged(held))
    const { seats, outlook } = readChoice(event.id, event.layout_version ?? 0)
    this.#chosen = new ChosenSeats(seats)
    const frame = element.querySelector('#map')
    const started =
      frame === null
        ? null
        : startHouseMap(frame, {
            ...{ plan, states: this.#states, writing: this.#writing },
            isYours: (seat) => this.#chosen.has(seat) || this.#ownHold.seats.includes(seat),
            onSeat: (seat) => this.toggle(seat),
            onArea: (area) => this.#goToArea(area),
          })
    this.map = started?.map ?? null
    if (this.map !== null) this.map.outlook = outlook
    if (started !== null) this.#rename = started.rename
    addEventListener('pagehide', () => this.#store())
    addEventListener('pageshow', ({ persisted }) => {
      if (persisted) this.#set({ asking: null })
      if (persisted) void this.#ownHold.look()
    })
  }

  /** Begins with what was loaded, and follows the seats from there. */
  begin(loaded: { snapshot: Snapshot & { version: number }; position: string | null } | null): void {
    const isLoaded =
      loaded !== null && loaded.snapshot.version === this.#event.layout_version && this.#states.load(loaded.snapshot)
    if (isLoaded) {
      this.map?.repaint()
      this.#paintYours()
    }
    // The picture first: what is read follows behind the map's own first frame.
    requestAnimationFrame(() => {
      performance.mark('seat-map')
      setTimeout(() => {
        if (isLoaded) {
          this.#loseTaken()
          this.#choiceChanged()
        }
        this.#follow(loaded?.position ?? null)
      }, 0)
    })
  }

  #follow(position: string | null): void {
    followSeats(this.#event.id, position, {
      reset: (snapshot, version) => this.#reset(snapshot, version),
      changed: (changes, areas) => this.#changed(changes, areas),
      mode: (mode) => {
        if (this.#live.mode !== mode) this.#set({ mode })
      },
    })
    void this.#ownHold.look()
  }

  /** Chooses a seat, or no longer. */
  toggle(seat: number): void {
    if (this.#event.sale.status !== 'on_sale' || this.#ownHold.seats.includes(seat)) return
    if (this.#chosen.delete(seat)) this.#choiceChanged()
    else if (!this.#states.isFree(seat))
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
    this.#showLines()
  }

  /** The reader opens or closes a section of the list. */
  openSection(section: number): void {
    this.#open.add(section)
    this.#showLines()
  }

  tabChanged(): void {
    this.#showLines()
  }

  ringOffer(index: number | null): void {
    this.map?.setOffered(index === null ? [] : (this.#live.note?.offers[index]?.seats ?? []))
  }

  takeOffer(index: number): void {
    const offer: Offer | undefined = this.#live.note?.offers[index]
    this.map?.setOffered([])
    if (offer?.seats !== undefined) {
      this.#chosen.keepOnly((seat) => this.#states.isFree(seat))
      for (const seat of offer.seats) if (this.#states.isFree(seat)) this.#chosen.add(seat)
      this.#choiceChanged({ note: null })
      this.map?.showSeats(offer.seats)
    } else if (offer?.best !== undefined) void this.holdBest(offer.best)
    else if (offer?.again === true) void this.#again()
  }

  /** Holds what was chosen, or exchanges the own hold for it, and goes on to pay. */
  async holdChosen(): Promise<void> {
    const selection = chosenPlaces(this.#chosen.seats, this.#live.areaQty)
    if (selection === null) return
    const hold = await this.#ask(selection, 'hold', () => this.holdChosen(), null)
    if (hold === null) return
    this.#chosen.clear()
    this.#choiceChanged({ areaQty: {} })
    location.assign(`/shop/holds/${encodeURIComponent(hold.id)}`)
  }

  /** Holds the best places that are free, or exchanges the own hold for others, and shows them. */
  async holdBest(wish: BestWish): Promise<void> {
    const { onlyPrice } = this.#live
    const tier = onlyPrice === null ? undefined : this.#tierOf(onlyPrice)
    const best = bestPlaces(wish, this.#live, tier)
    const told = { qty: best.qty, hasPrice: best.tier !== undefined }
    const hold = await this.#ask({ best_available: best }, 'best', () => this.holdBest(wish), told)
    if (hold === null) return
    this.#chosen.clear()
    this.#mine = []
    this.#choiceChanged()
    this.map?.showSeats(this.#ownHold.seats)
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
    } else this.#set({ note: refusalNote(answer.problem, this.#plan, { best: null }, this.#writing) })
  }

  get #event(): EventReply {
    return this.#island.state.event
  }

  get #live(): LiveState {
    const { live } = this.#island.state
    if (live === null) throw new Error('the page runs without its script')
    return live
  }

  #set(change: Partial<LiveState>): void {
    this.#island.set({ live: { ...this.#live, ...change } })
  }

  #say(note: Pick<Note, 'title' | 'text'>): void {
    this.#set({ note: { ...note, isAlarm: false, offers: [] } })
  }

  #sayLimit(): void {
    const { max_tickets_per_user: limit } = this.#event.sale
    this.#say({ title: words.limitOnPage(limit), text: '' })
  }

  /** How to ask again; set while an answer may yet come. */
  #again: () => Promise<void> = async () => undefined

  /** One request for places. Null where it was refused; the page then says why. */
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
    this.#set({ asking: null, note: refusalNote(problem, this.#plan, { best }, this.#writing) })
    if (typeof problem.hold_id === 'string') await this.#ownHold.look(problem.hold_id)
    this.#loseTaken()
    if (/^(sale_|sold_out|event_)/.test(problem.code)) await this.#readEvent()
    return null
  }

  /** The sale is not as the page shows it; caches may say so a moment later than the refusal. */
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

  #reset(snapshot: Snapshot, version: number): void {
    // Other seats are sold now: the page is that of a house that is gone.
    if (version !== this.#event.layout_version || !this.#states.load(snapshot)) return
    this.map?.repaint()
    this.#loseTaken()
    this.#choiceChanged()
  }

  #changed(changes: readonly SeatChange[], areas: Snapshot['areas'] | undefined): void {
    const changed = this.#states.apply(changes)
    if (areas !== undefined) {
      this.#states.setAreas(areas)
      this.map?.repaint()
    } else this.map?.statesChanged(changed)
    this.#loseTaken()
    this.#rename()
    this.#linesDue ??= setTimeout(() => this.#showLines(), linesEveryMs)
  }

  /** Chosen seats that somebody else has by now. While the own hold is asked for, it may be that one. */
  #loseTaken(): void {
    if (this.#live.asking !== null) return
    const own = this.#ownHold.seats.filter((seat) => this.#chosen.delete(seat))
    const taken = this.#chosen.lose(
      (seat) => this.#states.isFree(seat),
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
    this.#showLines()
    this.#rename()
    this.#store()
  }

  #paintYours(): void {
    this.map?.setYours(new Set([...this.#chosen.seats, ...this.#mine]))
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

  #showLines(): void {
    clearTimeout(this.#linesDue)
    this.#linesDue = undefined
    const { accessible } = this.#live
    const open = Object.fromEntries(
      Array.from(this.#open, (section) => [
        this.#plan.sections[section]?.name ?? '',
        openSection(this.#plan, this.#states, section, {
          ...this.#writing,
          onlyAccessible: accessible,
          isChosen: (seat) => this.#chosen.has(seat),
        }),
      ]),
    )
    this.#island.set({
      sections: sectionLines(this.#plan, this.#states, accessible),
      freeSeats: this.#states.free,
      areaFree: this.#plan.areas.map((_, index) => this.#states.freeOfArea(index)),
      live: { ...this.#live, open },
    })
  }

  #store(): void {
    const { areaQty, together, onlyPrice, accessible } = this.#live
    storeChoice(this.#event.id, this.#event.layout_version ?? 0, {
      seats: this.#chosen.seats,
      areaQty,
      together,
      onlyPrice,
      accessible,
      outlook: this.map?.outlook ?? null,
    })
  }

  /** To the stepper of an area in the panel. */
  #goToArea(area: number): void {
    const buttons = this.#element.querySelectorAll<HTMLElement>(`#area-${area} button`)
    buttons[buttons.length - 1]?.focus()
  }
}
