/*
 * Several ways lead to the first results of an ordered list. Collecting takes all events with the terms from the index of
 * terms and sorts them: good for what is rare. Collecting within a window takes only those of the next days: good for what is
 * neither rare nor frequent. Walking goes through all events in the order of the list and picks those that match: good for what
 * is frequent, where a page is full after a few steps. Where only some venues come into question, a page of each of them will
 * do. Which is shortest follows from how frequent the terms are. Since that is only guessed (words come together more often
 * than chance would have it, and seasons differ), a way that leaves the page unfilled is followed by a longer one.
 */

export type Way =
  | { readonly by: 'venues' }
  /** All events with the terms, or those of the first `days` of the list. */
  | { readonly by: 'collecting'; readonly days: number | null }
  /** Past at most so many events. */
  | { readonly by: 'walking'; readonly limit: number | null }

export interface Guess {
  /** Of all events. */
  readonly events: number
  /** How many have all the terms, if words came together by chance; and at most. Infinite without terms. */
  readonly likely: number
  readonly atMost: number
  /** Entries of the index of terms that have to be read for them. */
  readonly entries: number
  /** Share of the events that fulfils the conditions on venues. */
  readonly venueShare: number
  /** How many venues, if they are known one by one; else infinite. */
  readonly venues: number
  /** Events between the first and last date. */
  readonly inRange: number
  /** Results that are wanted. */
  readonly wanted: number
  /** Whether the list is by date: windows are of days. */
  readonly byDate: boolean
  /** Whether prices are bounded: an index finds even those that are rare. */
  readonly priced: boolean
}

/** Most events of a catalogue take place within so many days. */
export const usualDays = 300

/** Nothing is won by thinking about fewer events than this. */
const few = 500
const minWalk = 1_000
const maxWalk = 20_000
/** Walking past one event costs as much as reading so many entries of an index. */
export const entriesPerEvent = 8
/** A window is chosen for this many times as many events as are wanted. */
const margin = 3
const wider = 8

/** The ways to try one after the other, until the page is full; the last one is complete. */
export function waysFor(guess: Guess): Way[] {
  const { wanted, byDate, inRange } = guess
  const collected = collectedEvents(guess)
  const walked = Math.min(inRange, wanted / (termShare(guess) * guess.venueShare))
  if (collected + guess.entries / entriesPerEvent <= few) return [all]
  // Nothing but the range itself cuts it short.
  if (inRange <= Math.min(collected, maxWalk)) return [{ by: 'walking', limit: null }]
  const entries = guess.entries / entriesPerEvent
  const costs = {
    venues: (guess.venues * wanted) / termShare(guess),
    window: byDate && Number.isFinite(guess.atMost) ? few + margin * wanted + entries : Number.POSITIVE_INFINITY,
    walk: walked,
    all: collected + entries,
  }
  const least = Math.min(...Object.values(costs))
  if (least === costs.venues) return [{ by: 'venues' }]
  if (least === costs.all) return [all]
  if (least === costs.window) {
    const expected = Math.min(collected, guess.likely) * guess.venueShare
    const days = Math.ceil(Math.min(usualDays, Math.max(1, (margin * wanted * usualDays) / expected)))
    return [{ by: 'collecting', days }, { by: 'collecting', days: days * wider }, all]
  }
  const limit = Math.round(Math.min(maxWalk, Math.max(minWalk, walked * margin)))
  const walk: Way = { by: 'walking', limit }
  if (costs.all < maxWalk) return [walk, all]
  // An index finds the prices that are too rare to be met on the way.
  if (guess.priced) return [walk, { by: 'walking', limit: maxWalk }, all]
  // What is frequent is met in the end; sorting all of it would take longer.
  return [walk, { by: 'walking', limit: null }]
}

const all: Way = { by: 'collecting', days: null }

/** How many events have the terms: between what chance would have, and the most there can be. */
export function collectedEvents({ events, likely, atMost, venueShare }: Guess): number {
  return Number.isFinite(atMost) ? Math.sqrt(likely * atMost) : events * venueShare
}

function termShare({ events, likely }: Guess): number {
  return Number.isFinite(likely) ? likely / events : 1
}
