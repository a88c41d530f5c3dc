import type { EventPageState, EventReply, LiveState } from '../views/event/event-state.ts'
import type { Island } from './island.ts'
import { openSection, sectionLines, type Writing } from './place-lines.ts'
import type { Plan } from './seat-map/plan.ts'
import type { SeatMap } from './seat-map/seat-map.ts'
import { type SeatChange, SeatStates, type Snapshot } from './seat-map/states.ts'
import { followSeats } from './seat-stream.ts'
import { startSeatMap } from './start-seat-map.ts'

/** Shortest time between two updates of lists and counts; the map follows at once. */
const linesEveryMs = 500

export interface EventPlacesUse {
  readonly island: Island<EventPageState>
  readonly element: HTMLElement
  readonly plan: Plan
  /** Whether a seat is chosen or in the buyer's hold. */
  isYours(seat: number): boolean
  isChosen(seat: number): boolean
  onSeat(seat: number): void
  /** Seats have changed their state; `isReset`: possibly all of them. */
  onStates(isReset: boolean): void
}

/** A snapshot, and the version of the layout that numbers its seats. */
export type VersionedSnapshot = Snapshot & { readonly version: number }

/** The places of an event as its page shows them, on the map and in the list, always up to date. */
export class EventPlaces {
  readonly #use: EventPlacesUse
  readonly states: SeatStates
  readonly writing: Writing
  readonly map: SeatMap | null
  /** Updates the label of the place that the map's keyboard cursor is at. */
  readonly rename: () => void
  readonly #open = new Set<number>()
  #linesDue: ReturnType<typeof setTimeout> | undefined

  constructor(use: EventPlacesUse) {
    this.#use = use
    const { island, element, plan, isYours, onSeat } = use
    this.states = new SeatStates(plan)
    const { event, language } = island.state
    this.writing = { language, currency: event.currency ?? 'EUR' }
    const frame = element.querySelector('#map')
    const onArea = (area: number): void => this.#goToArea(area)
    const { states, writing } = this
    const started = frame && startSeatMap(frame, { plan, states, writing, isYours, onSeat, onArea })
    this.map = started?.map ?? null
    this.rename = started?.rename ?? (() => undefined)
  }

  get plan(): Plan {
    return this.#use.plan
  }

  get event(): EventReply {
    return this.#use.island.state.event
  }

  get live(): LiveState {
    const { live } = this.#use.island.state
    if (live === null) throw new Error('the page runs without its script')
    return live
  }

  set(change: Partial<LiveState>): void {
    this.#use.island.set({ live: { ...this.live, ...change } })
  }

  /** Tells the buyer what has just happened, in place of an earlier message. */
  say(title: string, text = ''): void {
    this.set({ note: { title, text, isAlarm: false, offers: [] } })
  }

  /** Replaces all states. False if they belong to another layout: the layout that this page shows no longer exists. */
  load(snapshot: VersionedSnapshot): boolean {
    const isLoaded = snapshot.version === this.event.layout_version && this.states.load(snapshot)
    if (isLoaded) this.map?.picture.repaint()
    return isLoaded
  }

  /** Follows the seats from a position of their stream; null: from now on. */
  follow(position: string | null): void {
    followSeats(this.event.id, position, {
      reset: (snapshot, version) => {
        if (this.load({ ...snapshot, version })) this.#use.onStates(true)
      },
      changed: (changes, areas) => this.#changed(changes, areas),
      mode: (mode) => {
        if (this.live.mode !== mode) this.set({ mode })
      },
    })
  }

  #changed(changes: readonly SeatChange[], areas: Snapshot['areas'] | undefined): void {
    const changed = this.states.apply(changes)
    if (areas !== undefined) {
      this.states.setAreas(areas)
      this.map?.picture.repaint()
    } else this.map?.picture.repaintSeats(changed)
    this.#use.onStates(false)
    this.rename()
    this.#linesDue ??= setTimeout(() => this.showLines(), linesEveryMs)
  }

  /** Called when the reader opens a section of the list. */
  openSection(section: number): void {
    this.#open.add(section)
    this.showLines()
  }

  /** Writes the current counts, and the list while it is shown. */
  showLines(): void {
    clearTimeout(this.#linesDue)
    this.#linesDue = undefined
    const { plan, island, isChosen } = this.#use
    const { accessible, tab } = this.live
    const isListShown = tab === 'list' || !island.state.hasMap
    const options = { ...this.writing, onlyAccessible: accessible, isChosen }
    const open = Object.fromEntries(
      Array.from(isListShown ? this.#open : [], (section) => [
        section,
        openSection(plan, this.states, section, options),
      ]),
    )
    island.set({
      sections: isListShown ? sectionLines(plan, this.states, accessible) : null,
      freeSeats: this.states.free,
      areaFree: plan.areas.map((_, index) => this.states.freeOfArea(index)),
      live: { ...this.live, open },
    })
  }

  /** Moves the focus to the stepper of an area in the panel. */
  #goToArea(area: number): void {
    const buttons = this.#use.element.querySelectorAll<HTMLElement>(`#area-${area} button`)
    buttons[buttons.length - 1]?.focus()
  }
}
