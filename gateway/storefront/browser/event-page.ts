import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewSeatStates } from '#shared/contracts/seats.ts'
import type { EventPageState, EventReply, LiveState } from '../views/event/event-state.ts'
import { eventBody } from '../views/event/event-view.ts'
import { ask } from './api.ts'
import { isTransient } from './ask-once.ts'
import { EventChoice } from './event-choice.ts'
import { EventHold } from './event-hold.ts'
import { startClock } from './hold-timer.ts'
import { type Island, pageState, startIsland } from './island.ts'
import { passOf } from './queue-places.ts'
import { countDown, durationText } from './sale-opening.ts'
import { type LayoutReply, readPlan } from './seat-map/plan.ts'
import { readChoice } from './stored-choice.ts'

/** The page of an event: map or list, choice, hold. The page as sent stays readable until layout and seats are loaded. */

const nothingLive: Omit<LiveState, 'areaQty' | 'together' | 'onlyPrice' | 'accessible'> = {
  mode: 'connecting',
  tab: location.hash === '#list' ? 'list' : 'map',
  chosen: [],
  open: {},
  asking: null,
  note: null,
  held: null,
  opensIn: null,
  passClock: null,
}

/** Null until layout and seats are loaded. */
let started: { readonly choice: EventChoice; readonly hold: EventHold } | null = null

/** Starts the page of an event. */
export function startEventPage(): void {
  const element = document.getElementById('event')
  if (element === null) return
  const sent = pageState<EventPageState>()
  const { event } = sent
  const { areaQty, together, onlyPrice, accessible } = readChoice(event)
  const stored = { areaQty: new Map(Object.entries(areaQty)), together, onlyPrice, accessible }
  const island: Island<EventPageState> = startIsland<EventPageState>({
    element,
    state: { ...sent, live: { ...nothingLive, ...stored } },
    view: eventBody,
    actions: {
      tab: (_, link) => showTab(island, link.getAttribute('href') === '#list' ? 'list' : 'map'),
      closer: () => started?.choice.places.map?.zoomBy(1.8),
      farther: () => started?.choice.places.map?.zoomBy(1 / 1.8),
      whole: () => started?.choice.places.map?.showWhole(),
      section: (_, { dataset }) => started?.choice.places.openSection(Number(dataset.section)),
      seat: (_, box) => started?.choice.toggle(Number((box as HTMLInputElement).value)),
      drop: (_, { dataset }) => started?.choice.toggle(Number(dataset.seat)),
      step: (_, { dataset }) => started?.choice.step(dataset.of ?? '', Number(dataset.step)),
      'only-price': (_, select) =>
        started?.choice.setFilter({ onlyPrice: numberOrNull((select as HTMLSelectElement).value) }),
      accessible: (_, box) => started?.choice.setFilter({ accessible: (box as HTMLInputElement).checked }),
      hold: () => void started?.hold.holdChosen(),
      best: () => void started?.hold.holdBest({}),
      release: () => void started?.hold.release(),
      offer: (_, { dataset }) => started?.hold.takeOffer(Number(dataset.offer)),
    },
  })
  island.set({})
  ringOffers(element)
  if (event.sale.status === 'announced' && event.sale.on_sale_at !== null) void waitForOpening(island)
  showPass(island)
  addEventListener('pageshow', ({ persisted }) => persisted && showPass(island))
  addEventListener('storage', () => showPass(island))
  if (event.layout_version !== null) void startPlaces(island, element)
}

let stopPassClock = (): void => undefined

/** Shows how long the pass of the waiting room lasts. Another tab may have got the pass. */
function showPass(island: Island<EventPageState>): void {
  stopPassClock()
  const pass = passOf(island.state.event.id)
  const show = (passClock: string | null): void => {
    const { live } = island.state
    if (live !== null && live.passClock !== passClock) island.set({ live: { ...live, passClock } })
  }
  if (pass === null) show(null)
  else stopPassClock = startClock(pass.leftMs, (seconds) => show(seconds > 0 ? durationText(1_000 * seconds) : null))
}

function showTab(island: Island<EventPageState>, tab: LiveState['tab']): void {
  const { live } = island.state
  if (live === null) return
  history.replaceState(null, '', `#${tab}`)
  island.set({ live: { ...live, tab } })
  started?.choice.places.showLines()
}

/** Loads layout and seats, which the page preloads, then starts everything that needs them. */
async function startPlaces(island: Island<EventPageState>, element: HTMLElement): Promise<void> {
  const { event } = island.state
  const path = `/events/${encodeURIComponent(event.id)}`
  const [layout, seats] = await Promise.all([
    ask<LayoutReply>('GET', `${path}/layout?version=${event.layout_version}&coordinates=differences`),
    ask<ReplyOf<typeof viewSeatStates>>('GET', `${path}/seats`),
  ])
  if (!layout.ok) {
    // The page stays readable in the meantime.
    if (isTransient(layout.problem))
      setTimeout(() => void startPlaces(island, element), 3_000 * (0.8 + 0.4 * Math.random()))
    return
  }
  const choice = new EventChoice(island, element, readPlan(layout.value, event))
  const hold = new EventHold(island, choice)
  started = { choice, hold }
  const isLoaded = seats.ok && choice.load(seats.value)
  // The map first: lists and the hold come after its first frame.
  requestAnimationFrame(() => {
    performance.mark('seat-map')
    setTimeout(() => {
      if (isLoaded) choice.refresh()
      choice.places.follow(seats.ok ? seats.headers.get('stream-position') : null)
      void hold.look()
    }, 0)
  })
}

/** Before the sale: counts down, then polls until the sale is open. */
async function waitForOpening(island: Island<EventPageState>): Promise<void> {
  const path = `/events/${encodeURIComponent(island.state.event.id)}`
  const answer = await ask<EventReply>('GET', path)
  const opensAt = answer.ok ? answer.value.sale.on_sale_at : null
  if (!answer.ok || opensAt === null) return
  const open = async (): Promise<void> => {
    const now = await ask<EventReply>('GET', path)
    if (now.ok) island.set({ event: now.value })
    if (!now.ok || now.value.sale.status === 'announced') setTimeout(() => void open(), 2_000)
  }
  countDown(
    { opensAt, now: answer.headers.get('date') },
    {
      show: (words) => {
        const { live } = island.state
        if (live !== null) island.set({ live: { ...live, opensIn: words } })
      },
      open: () => void open(),
    },
  )
}

/** Rings offered seats on the map while the button of the offer has focus or pointer. */
function ringOffers(element: HTMLElement): void {
  const ring = (event: Event): void => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-offer]') : null
    started?.hold.ringOffer(button === null ? null : Number(button.dataset.offer))
  }
  for (const type of ['pointerover', 'focusin']) element.addEventListener(type, ring)
}

function numberOrNull(text: string): number | null {
  return text === '' ? null : Number(text)
}
