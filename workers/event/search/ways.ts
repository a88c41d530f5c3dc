/*
 * Several ways lead to the first results of an ordered list. Collecting takes all events with the terms from the index of
 * terms and sorts them: good for what is rare. Where the list is by date, that index also knows days, so collecting within a
 * window takes only those of the next days: good for what is neither rare nor frequent. Walking goes through all events in the
 * order of the list and picks those that match: good for what is frequent, where a page is full after a few steps. Where only
 * some venues come into question, their events of the next days will do, or, of few venues, a page of each. Which is shortest
 * follows from how frequent the terms are. Since that is only guessed (words come together more often than chance would have
 * it, and seasons differ), a way that leaves the page unfilled is followed by a longer one.
 */

export type Way =
  /** A page of each of them, or all of theirs within the first `days` of the list. */
  | { readonly by: 'venues'; readonly days: number | null }
  /** All events with the terms, or those of the first `days` of the list. */
  | { readonly by: 'collecting'; readonly days: number | null }
  /** Past at most so many events. */
  | { readonly by: 'walking'; readonly limit: number | null }

/** What is known of a search before it begins, more or less. */
export interface Estimate {
  /** Of all events. */
  readonly events: number
  /** How many have all the terms, if words came together by chance; and at most. Infinite without terms. */
  readonly likely: number
  readonly atMost: number
  /** Of the likely ones, how many no better fit has; all where nothing is ranked. */
  readonly unranked?: number
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

/* Chosen by measurements at 1,000,000 events of `bench -- search`; where a factor of two decides, both ways cost about the same. */

/** Nothing is won by thinking about fewer events than this. */
const few = 200
const minWalk = 1_000
const maxWalk = 16_384
/** Reading one event costs as much as reading so many entries of an index, or as finding half a venue in one. */
const entriesPerEvent = 24
const eventsPerVenue = 2
/** What it costs to divide a list into windows, in events. */
const windowing = 50
/** A window is chosen for this many times as many events as are wanted. */
const margin = 2
const wider = 8

/** The ways to try one after the other, until the page is full; the last one is complete. */
export function waysFor(estimate: Estimate): Way[] {
  const { wanted, byDate, inRange, events, venueShare } = estimate
  const hasTerms = Number.isFinite(estimate.atMost)
  const collected = collectedEvents(estimate)
  const entries = estimate.entries / entriesPerEvent
  if (cheapestAccess(estimate).cost <= few) return [all]
  // Nothing but the range itself cuts it short.
  if (!hasTerms && inRange <= Math.min(collected, maxWalk)) return [{ by: 'walking', limit: null }]
  const perDay = (events * termShare(estimate) * venueShare) / usualDays
  const days = Math.ceil(Math.min(usualDays, Math.max(1, (margin * wanted) / perDay)))
  const met = (margin * wanted) / termShare(estimate)
  const costs = {
    venues: (estimate.venues * wanted) / termShare(estimate),
    venueWindow: byDate ? windowing + estimate.venues * eventsPerVenue + met : Number.POSITIVE_INFINITY,
    window:
      byDate && hasTerms
        ? windowing + entries + (margin * wanted) / venueShare + (days * events) / usualDays / entriesPerEvent
        : Number.POSITIVE_INFINITY,
    walk: Math.min(inRange, wanted / (termShare(estimate) * venueShare)),
    all: cheapestAccess(estimate).cost,
  }
  const least = Math.min(...Object.values(costs))
  if (least === costs.venues) return [{ by: 'venues', days: null }]
  if (least === costs.all) return [all]
  if (least === costs.venueWindow) {
    // Events of a venue in a longer window are many, of which terms leave few over.
    return [{ by: 'venues', days }, ...(hasTerms ? [] : [{ by: 'venues', days: days * wider } as const]), all]
  }
  if (least === costs.window) return windows(days)
  const limit = Math.round(Math.min(maxWalk, Math.max(minWalk, costs.walk * margin)))
  const walk: Way = { by: 'walking', limit }
  // Words that are frequent each may never come together, and those of one may all be past, or before the first date: then a walk
  // would not end before the list does. Only where there is little else than such events, it is the shorter way even so.
  const mayBeNone = hasTerms && (estimate.likely < estimate.atMost || costs.all < inRange - estimate.atMost)
  if (costs.all < maxWalk || (mayBeNone && byDate)) {
    return byDate && hasTerms ? [walk, ...windows(daysOfWalk(limit, events) * wider)] : [walk, all]
  }
  // An index finds the prices, and the words, that are too rare to be met on the way.
  if (estimate.priced || mayBeNone)
    return limit < maxWalk ? [walk, { by: 'walking', limit: maxWalk }, all] : [walk, all]
  // What is frequent is met in the end; sorting all of it would take longer.
  return [walk, { by: 'walking', limit: null }]
}

const all: Way = { by: 'collecting', days: null }

function windows(days: number): Way[] {
  return [{ by: 'collecting', days }, { by: 'collecting', days: days * wider }, all]
}

/** In how many days of a list so many events are met. */
export function daysOfWalk(limit: number, events: number): number {
  return Math.max(1, Math.ceil((limit * usualDays) / events))
}

/** Where all events are collected: whether the index of terms finds them, that of venues, or both together. */
export type AccessPath = 'terms' | 'venues' | 'both'

interface Access {
  readonly by: AccessPath
  /** How much has to be read, in events. */
  readonly cost: number
  /** How many events both indexes together leave over. */
  readonly remaining: number
}

/** The path on which least has to be read. */
export function cheapestAccess(estimate: Estimate): Access {
  const { events, venues, venueShare } = estimate
  const collected = collectedEvents(estimate)
  const entries = estimate.entries / entriesPerEvent
  if (!Number.isFinite(venues)) return { by: 'terms', cost: collected + entries, remaining: collected }
  const atVenues = events * venueShare
  const found = venues * eventsPerVenue
  if (!Number.isFinite(estimate.atMost)) return { by: 'venues', cost: atVenues + found, remaining: atVenues }
  const remaining = collected * venueShare
  const costs = {
    terms: collected + entries,
    venues: atVenues + found,
    both: entries + found + atVenues / entriesPerEvent + remaining,
  }
  const by = (['terms', 'venues', 'both'] as const).reduce((least, other) =>
    costs[other] < costs[least] ? other : least,
  )
  return { by, cost: costs[by], remaining }
}

/** How many events have the terms within the dates: between what chance would have, and the most there can be. */
function collectedEvents({ events, likely, atMost, venueShare, inRange }: Estimate): number {
  return Number.isFinite(atMost) ? Math.sqrt(likely * atMost) * Math.min(1, inRange / events) : events * venueShare
}

function termShare({ events, likely, unranked = likely }: Estimate): number {
  return Number.isFinite(unranked) ? unranked / events : 1
}
