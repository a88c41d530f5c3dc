import type { EventPageState, LiveState } from '../views/event/event-state.ts'
import * as words from '../views/words/event.ts'
import { ChosenSeats } from './chosen-seats.ts'
import { EventPlaces, type VersionedSnapshot } from './event-places.ts'
import type { Island } from './island.ts'
import { chosenSeat, placesText } from './place-lines.ts'
import { type Selection, seatsOf, selectionOf } from './request-places.ts'
import type { Plan } from './seat-map/plan.ts'
import { readChoice, storeChoice } from './stored-choice.ts'

/** Seats that were just held light up one after the other. */
const lightEveryMs = 60

/** What a buyer chose on the page of an event, before it is held: seats, tickets of areas, and the wishes for the best places. */
export class EventChoice {
  readonly #chosen: ChosenSeats
  readonly places: EventPlaces
  /** Seats of the buyer's hold that are already lit. */
  #lit: readonly number[] = []
  #nextLight: ReturnType<typeof setTimeout> | undefined

  constructor(island: Island<EventPageState>, element: HTMLElement, plan: Plan) {
    const { seats, outlook } = readChoice(island.state.event)
    this.#chosen = new ChosenSeats(seats)
    this.places = new EventPlaces({
      island,
      element,
      plan,
      isChosen: (seat) => this.#chosen.has(seat),
      isYours: (seat) => this.#chosen.has(seat) || this.#held.includes(seat),
      onSeat: (seat) => this.toggle(seat),
      onStates: (isReset) => (isReset ? this.refresh() : this.loseTaken()),
    })
    if (this.places.map !== null) this.places.map.outlook = outlook
    addEventListener('pagehide', () => this.#store())
  }

  /** The chosen places in the form of a request; null if nothing is chosen. */
  get selection(): Selection | null {
    const seats = this.#chosen.seats.map((seat_no) => ({ seat_no }))
    const areas = Array.from(this.#live.areaQty, ([area, qty]) => ({ area, qty })).filter(({ qty }) => qty > 0)
    return selectionOf([...seats, ...areas])
  }

  /** Loads the states of all seats, and paints the chosen ones. False if they belong to another layout. */
  load(snapshot: VersionedSnapshot): boolean {
    const isLoaded = this.places.load(snapshot)
    if (isLoaded) this.#paintYours()
    return isLoaded
  }

  /** Compares the choice with the states of all seats, and shows both. */
  refresh(): void {
    this.loseTaken()
    this.#changed()
  }

  /** Chooses a seat, or drops it again. */
  toggle(seat: number): void {
    const { sale } = this.places.event
    if (sale.status !== 'on_sale' || this.#held.includes(seat)) return
    if (this.#chosen.delete(seat)) this.#changed()
    else if (!this.places.states.isFree(seat))
      this.places.say(words.otherSeatNotFree, placesText(this.places.plan, [seat]))
    else if (this.#isFull) this.#sayLimit()
    else {
      this.#chosen.add(seat)
      this.#changed({ note: null })
    }
  }

  /** One more or one fewer: seats together, or tickets of an area. */
  step(of: string, by: number): void {
    const { areas, sale } = this.places.event
    if (of === 'together') {
      this.places.set({ together: Math.min(sale.max_tickets_per_user, Math.max(1, this.#live.together + by)) })
      this.#store()
      return
    }
    const area = areas[Number(of.slice('area:'.length))]
    if (area === undefined) return
    if (by > 0 && this.#isFull) {
      this.#sayLimit()
      return
    }
    const qty = Math.max(0, (this.#live.areaQty.get(area.name) ?? 0) + by)
    this.#changed({ areaQty: new Map(this.#live.areaQty).set(area.name, qty) })
  }

  setFilter(change: Partial<Pick<LiveState, 'onlyPrice' | 'accessible'>>): void {
    this.places.set(change)
    this.#store()
    this.places.showLines()
  }

  /** Chooses offered seats that are free, besides what is still free of the choice. */
  addOffered(seats: readonly number[]): void {
    const isFree = (seat: number): boolean => this.places.states.isFree(seat)
    this.#chosen.keepOnly(isFree)
    for (const seat of seats) if (isFree(seat)) this.#chosen.add(seat)
    this.#changed({ note: null })
    this.places.map?.showSeats(seats)
  }

  clear(): void {
    this.#chosen.clear()
    this.#changed({ areaQty: new Map() })
  }

  /** Drops chosen seats that somebody else has taken. Not while a hold is requested: it may be the buyer's own. */
  loseTaken(): void {
    if (this.#live.asking !== null) return
    const own = this.#held.filter((seat) => this.#chosen.delete(seat))
    const taken = this.#chosen.lose(
      (seat) => this.places.states.isFree(seat),
      () => this.#changed(),
    )
    if (own.length + taken.length === 0) return
    const isTold = this.#live.note !== null && this.#live.note.offers.length > 0
    if (taken.length === 0 || isTold) {
      this.#changed()
      return
    }
    const text = words.taken(placesText(this.places.plan, taken), taken.length > 1)
    this.#changed({ note: { title: words.takenTitle, text, isAlarm: true, offers: [] } })
  }

  /** Lights the seats of the buyer's hold. They are no longer chosen. */
  light(held: readonly number[]): void {
    clearTimeout(this.#nextLight)
    this.#lit = held
    for (const seat of held) this.#chosen.delete(seat)
    this.#changed()
  }

  /** Shows held seats on the map and lights them one after the other. They replace the chosen seats. */
  lightUp(held: readonly number[]): void {
    this.#chosen.clear()
    this.light([])
    this.places.map?.showSeats(held)
    const lightNext = (): void => {
      this.#lit = held.slice(0, this.#lit.length + 1)
      this.#paintYours()
      if (this.#lit.length < held.length) this.#nextLight = setTimeout(lightNext, lightEveryMs)
    }
    this.#nextLight = setTimeout(lightNext, 240)
  }

  get #live(): LiveState {
    return this.places.live
  }

  /** The seats of the buyer's hold. */
  get #held(): readonly number[] {
    return seatsOf(this.#live.held?.places ?? [])
  }

  /** Whether as many places are chosen as one buyer may have. */
  get #isFull(): boolean {
    const wanted = [...this.#live.areaQty.values()].reduce((sum, qty) => sum + qty, this.#chosen.seats.length)
    return wanted >= this.places.event.sale.max_tickets_per_user
  }

  #sayLimit(): void {
    this.places.say(words.limitOnPage(this.places.event.sale.max_tickets_per_user))
  }

  #changed(change: Partial<LiveState> = {}): void {
    const chosen = this.#chosen.entries().map(({ seat, isLost }) => chosenSeat(this.places.plan, seat, isLost))
    this.places.set({ ...change, chosen })
    this.#paintYours()
    this.places.showLines()
    this.places.rename()
    this.#store()
  }

  #paintYours(): void {
    this.places.map?.picture.setYours(new Set([...this.#chosen.seats, ...this.#lit]))
  }

  #store(): void {
    const { areaQty, together, onlyPrice, accessible } = this.#live
    storeChoice(this.places.event.id, this.places.event.layout_version ?? 0, {
      seats: this.#chosen.seats,
      areaQty: Object.fromEntries(areaQty),
      together,
      onlyPrice,
      accessible,
      outlook: this.places.map?.outlook ?? null,
    })
  }
}
