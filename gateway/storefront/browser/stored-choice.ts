import type { EventReply } from '../views/event/event-state.ts'
import { firstQty } from '../views/stepper.ts'
import type { Outlook } from './seat-map/map-camera.ts'

/** The choice of a reader on the page of an event. Survives reload and back, in this tab only. */
export interface StoredChoice {
  readonly seats: readonly number[]
  readonly areaQty: Readonly<Record<string, number>>
  readonly together: number
  readonly onlyPrice: number | null
  readonly accessible: boolean
  readonly outlook: Outlook | null
}

/** The stored choice for an event with its present layout, or the empty choice. */
export function readChoice({ id, layout_version, sale }: EventReply): StoredChoice {
  const nothing: StoredChoice = {
    ...{ seats: [], areaQty: {}, together: firstQty(sale.max_tickets_per_user) },
    ...{ onlyPrice: null, accessible: false, outlook: null },
  }
  try {
    return { ...nothing, ...JSON.parse(sessionStorage.getItem(nameOf(id, layout_version ?? 0)) ?? '{}') }
  } catch {
    return nothing
  }
}

/** Stores the choice for a version of an event's layout. */
export function storeChoice(eventId: string, version: number, choice: StoredChoice): void {
  try {
    sessionStorage.setItem(nameOf(eventId, version), JSON.stringify(choice))
  } catch {
    // Without storage only a reload loses the choice.
  }
}

/** Another layout has other seats, so its version is part of the key. */
function nameOf(eventId: string, version: number): string {
  return `ticketing-choice ${eventId} ${version}`
}
