import type { Hold } from '#shared/contracts/holds.ts'
import type { Answer, Fault } from './api.ts'
import { askOnce } from './ask-once.ts'
import { becomeGuest } from './own-hold.ts'
import { forgetPass, passOf, queuePath } from './queue-places.ts'

/** Wishes for the best places that replace settings of the panel. */
export interface BestWish {
  readonly qty?: number
  readonly anyPrice?: boolean
  readonly apart?: boolean
}

/** The request for best places; see the contract `holdSeats`. */
export interface Best {
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

type NamedPlace = { readonly seat_no: number } | { readonly area: string; readonly qty: number }

/** The numbers of the seats among places. */
export function seatsOf(places: readonly NamedPlace[]): readonly number[] {
  return places.flatMap((place) => ('seat_no' in place ? [place.seat_no] : []))
}

/** A request for these places; null if there are none. */
export function selectionOf(places: readonly NamedPlace[]): Selection | null {
  if (places.length === 0) return null
  const seats = seatsOf(places)
  const areas = places.flatMap((place) => ('area' in place ? [{ area: place.area, qty: place.qty }] : []))
  return { ...(seats.length > 0 && { seat_nos: seats }), ...(areas.length > 0 && { areas }) }
}

/** The request for best places, from the panel and a wish. `tier`: the name of the chosen price. */
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

/** A page that the buyer must visit first: the queue of the event, or signing in. */
export interface Elsewhere {
  readonly to: string
}

/** Holds places, or exchanges the buyer's hold for others, as one intention. Sends the pass of the waiting room if there is one. */
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

/** Releases a hold, as one intention. Returns why it could not, or null. A hold that is not found counts as released. */
export async function releaseHold(holdId: string): Promise<Fault | null> {
  const path = `/holds/${encodeURIComponent(holdId)}`
  const answer = await askOnce({ method: 'DELETE', path, body: undefined })
  return answer.ok || answer.problem.status === 404 ? null : answer.problem
}
