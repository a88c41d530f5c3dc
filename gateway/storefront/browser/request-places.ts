import type { Answer } from './api.ts'
import { askOnce } from './ask-once.ts'
import { becomeGuest, type Hold } from './own-hold.ts'
import { forgetPass, passOf, queuePath } from './queue-places.ts'

/** What is wanted of the best places beside what the panel says. */
export interface BestWish {
  readonly qty?: number
  readonly anyPrice?: boolean
  readonly apart?: boolean
}

/** Best places as they are asked for; see the contract `holdSeats`. */
interface Best {
  readonly qty: number
  readonly tier?: string
  readonly accessible?: true
  readonly adjacent: 'require' | 'prefer'
}

export type Selection =
  | { readonly best_available: Best }
  | {
      readonly seat_nos?: readonly number[]
      readonly areas?: readonly { readonly area: string; readonly qty: number }[]
    }

/** The chosen places as a selection; null where nothing is chosen. */
export function chosenPlaces(seats: readonly number[], areaQty: Readonly<Record<string, number>>): Selection | null {
  const areas = Object.entries(areaQty).flatMap(([area, qty]) => (qty > 0 ? [{ area, qty }] : []))
  if (seats.length + areas.length === 0) return null
  return { ...(seats.length > 0 ? { seat_nos: seats } : {}), ...(areas.length > 0 ? { areas } : {}) }
}

/** The best places as the panel and a wish say it. `tier`: the name of the wanted price. */
export function bestPlaces(
  { qty, anyPrice = false, apart = false }: BestWish,
  { together, accessible }: { readonly together: number; readonly accessible: boolean },
  tier: string | undefined,
): Best {
  return {
    qty: qty ?? together,
    ...(tier === undefined || anyPrice ? {} : { tier }),
    ...(accessible ? { accessible: true } : {}),
    adjacent: apart ? 'prefer' : 'require',
  }
}

/** Where the buyer must go first: to the queue of the event, or to say who they are. */
export interface Elsewhere {
  readonly to: string
}

/** Holds places, or exchanges the own hold for others: one intention, with the pass of the waiting room where there is one. */
export async function requestPlaces(
  { eventId, holdId, isDemo }: { eventId: string; holdId: string | null; isDemo: boolean },
  selection: Selection,
): Promise<Answer<Hold> | Elsewhere> {
  const pass = passOf(eventId)
  const target =
    holdId === null
      ? { method: 'POST' as const, path: `/events/${encodeURIComponent(eventId)}/holds` }
      : { method: 'PATCH' as const, path: `/holds/${encodeURIComponent(holdId)}` }
  const answer = await askOnce<Hold>({ ...target, body: selection }, pass === null ? {} : { queuePass: pass.pass })
  if (answer.ok) {
    if (isDemo) await becomeGuest(answer.value)
    return answer
  }
  const { code } = answer.problem
  if (code === 'unauthenticated') return { to: `/shop/session?to=${encodeURIComponent(location.pathname)}` }
  if (!/^pass_/.test(code)) return answer
  forgetPass(eventId)
  return { to: queuePath(eventId) }
}

/** Gives a hold back. Nothing is left to give back where it is not found. */
export async function releaseHold(holdId: string): Promise<Answer<unknown>> {
  const path = `/holds/${encodeURIComponent(holdId)}`
  const answer = await askOnce({ method: 'DELETE', path, body: undefined })
  return answer.ok || answer.problem.status !== 404
    ? answer
    : { ok: true, status: 404, value: undefined, headers: new Headers() }
}
