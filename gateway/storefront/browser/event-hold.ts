import type { Hold } from '#shared/contracts/holds.ts'
import { choiceOf, type EventPageState, type EventReply, type HeldState } from '../views/event/event-state.ts'
import { sum } from '../views/format.ts'
import { pricesOf } from '../views/prices.ts'
import * as words from '../views/words/event.ts'
import { ask } from './api.ts'
import type { EventChoice } from './event-choice.ts'
import type { EventPlaces } from './event-places.ts'
import { focusAfterUpdate, type Island } from './island.ts'
import { OwnHold } from './own-hold.ts'
import { notReleasedNote, refusalNote } from './refusal-note.ts'
import { type BestWish, bestPlaces, releaseHold, requestPlaces, type Selection, seatsOf } from './request-places.ts'

const messages = '.event-panel > [role="status"]'

/** Holds places from the page of an event, exchanges and releases them, and says why a request was refused. */
export class EventHold {
  readonly #island: Island<EventPageState>
  readonly #choice: EventChoice
  readonly #places: EventPlaces
  readonly #ownHold: OwnHold
  /** Repeats the last request for places. */
  #again: () => Promise<void> = async () => undefined

  constructor(island: Island<EventPageState>, choice: EventChoice) {
    this.#island = island
    this.#choice = choice
    this.#places = choice.places
    this.#ownHold = new OwnHold(island.state.event.id, (held) => this.#heldChanged(held))
    addEventListener('pageshow', ({ persisted }) => {
      if (!persisted) return
      this.#places.set({ asking: null })
      void this.look()
    })
  }

  /** Shows the hold that this browser knows, if it is still live. */
  look(): Promise<void> {
    return this.#ownHold.look()
  }

  /** Holds the chosen places, or exchanges the buyer's hold for them, and goes on to payment. */
  async holdChosen(): Promise<void> {
    const { selection } = this.#choice
    if (selection === null) return
    const { totalMinor } = choiceOf(this.#island.state)
    const hold = await this.#request(selection, () => this.holdChosen())
    if (hold === null) return
    this.#choice.clear()
    if (hold.total_minor !== totalMinor) {
      // Prices can rise while a page is open. The buyer sees the new sum before the next step.
      const { language } = this.#island.state
      const text = (minor: number): string => sum(minor, hold.currency, language)
      this.#places.say(words.priceChanged, words.priceChangedText(text(totalMinor), text(hold.total_minor)))
      bringMessageIntoView()
      return
    }
    location.assign(`/shop/holds/${encodeURIComponent(hold.id)}`)
  }

  /** Holds the best free places, or exchanges the buyer's hold for them, and shows them. */
  async holdBest(wish: BestWish): Promise<void> {
    const { live } = this.#places
    const best = bestPlaces(wish, live, live.onlyPrice === null ? undefined : this.#tierOf(live.onlyPrice))
    const hold = await this.#request({ best_available: best }, () => this.holdBest(wish))
    if (hold === null) return
    this.#choice.lightUp(seatsOf(hold.places))
    document.querySelector<HTMLElement>('.held .button')?.focus()
  }

  async release(): Promise<void> {
    const { held, asking } = this.#places.live
    if (held === null || asking !== null) return
    this.#places.set({ asking: 'release', note: null })
    const problem = await releaseHold(held.holdId)
    this.#places.set({ asking: null, note: problem && notReleasedNote(problem) })
    if (problem !== null) return
    this.#ownHold.drop(held.holdId)
    this.#places.say(words.released)
    focusAfterUpdate('.best > .button')
  }

  /** Rings the seats of an offer on the map; null: none. */
  ringOffer(index: number | null): void {
    const seats = index === null ? undefined : this.#places.live.note?.offers[index]?.seats
    this.#places.map?.picture.setOffered(seats ?? [])
  }

  takeOffer(index: number): void {
    const offer = this.#places.live.note?.offers[index]
    this.ringOffer(null)
    if (offer?.seats !== undefined) this.#choice.addOffered(offer.seats)
    else if (offer?.best !== undefined) void this.holdBest(offer.best)
    else if (offer?.again === 'hold') void this.#again()
    else if (offer?.again === 'release') void this.release()
  }

  /** Sends one request for places. Null if it was refused; the page then says why. */
  async #request(selection: Selection, again: () => Promise<void>): Promise<Hold | null> {
    const { event, live } = this.#places
    const best = 'best_available' in selection ? selection.best_available : null
    if (live.asking !== null || event.sale.status !== 'on_sale') return null
    this.#again = again
    this.#places.set({ asking: best === null ? 'hold' : 'best', note: null })
    const of = { eventId: event.id, holdId: live.held?.holdId ?? null, isDemo: this.#island.state.isDemo }
    const answer = await requestPlaces(of, selection)
    if ('to' in answer) {
      location.assign(answer.to)
      return null
    }
    if (answer.ok) {
      this.#ownHold.take(answer.value)
      this.#places.set({ asking: null })
      return answer.value
    }
    const { problem } = answer
    const { plan, writing } = this.#places
    this.#places.set({ asking: null, note: refusalNote(problem, plan, best, writing) })
    bringMessageIntoView()
    const holdId = problem.hold_id ?? of.holdId
    if (typeof holdId === 'string') await this.#ownHold.look(holdId)
    this.#choice.loseTaken()
    if (/^(sale_|sold_out|event_)/.test(problem.code)) await this.#readEvent()
    return null
  }

  /** The sale has changed since the page was made. Retries, because caches may show the change later than the refusal. */
  async #readEvent(tries = 3): Promise<void> {
    const { id } = this.#places.event
    const answer = await ask<EventReply>('GET', `/events/${encodeURIComponent(id)}`)
    if (answer.ok) this.#island.set({ event: answer.value })
    const isSame = this.#places.event.sale.status === 'on_sale'
    if (tries > 1 && isSame) setTimeout(() => void this.#readEvent(tries - 1), 1_000)
  }

  /** The name by which a price is requested; undefined for a price of areas alone. */
  #tierOf(price: number): string | undefined {
    const { event } = this.#places
    const minor = pricesOf(event)[price]?.priceMinor
    return event.price_tiers.find(({ price_minor }) => price_minor === minor)?.name
  }

  /** Called each second; `places` is a new object only after a request or a look. */
  #heldChanged(held: HeldState | null): void {
    const { live } = this.#places
    const isOver = held === null && live.note?.offers.some(({ again }) => again === 'release') === true
    this.#places.set({ held, ...(isOver && { note: null }) })
    if (held?.places === live.held?.places) return
    // The best places light up one after the other once the request is done.
    if (held === null || live.asking !== 'best') this.#choice.light(seatsOf(held?.places ?? []))
  }
}

/** On a phone, places are held by the bar at the foot, while the panel with its messages can be out of sight. */
function bringMessageIntoView(): void {
  // The page is updated before its next frame.
  requestAnimationFrame(() => document.querySelector(messages)?.scrollIntoView({ block: 'nearest' }))
}
