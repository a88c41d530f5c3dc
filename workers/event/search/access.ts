import type { Reach } from '../store/count-reach.ts'
import type { EventList } from '../store/find-events.ts'
import { dateRange, type Indexed } from '../store/list-conditions.ts'
import { daysBetween } from './dates.ts'
import { eventsWith } from './terms.ts'

/** How a page is found; see `store/find-events.ts`. */
export interface Access {
  readonly way: 'collect' | 'walk'
  /** The indexes by which events are collected, should the walk not fill the page. */
  readonly indexes: readonly Indexed[]
  /** A walk ends there, in events. */
  readonly walk: number
}

/* Measured at 1,000,000 events (`npm run bench -- search`); within a factor of two they hardly matter. */

/** Most events of a catalogue take place within so many days. */
const usualDays = 300
/** Nothing is won by a second index or a walk where so few events are read. */
const few = 1_000
/** Reading an event costs as much as reading so many entries of an index. */
const entriesPerEvent = 16
/** A walk may go on for so many events at least, and for this many times those that are to be expected. */
const minWalk = 10_000
const patience = 4

/** The way on which fewer events are read, as far as can be told from how frequent each condition is. */
export function accessFor(list: EventList, reach: Reach, total: number): Access {
  const { from, to } = dateRange(list)
  const days = from === undefined || to === undefined ? usualDays : daysBetween(from, to) + 1
  const dateShare = Math.min(1, Math.max(0, days) / usualDays)
  const having: [Indexed, number][] = []
  if (list.terms.length > 0) having.push(['terms', eventsWith(list.terms, total)])
  if (reach.venueShare !== undefined) having.push(['venue', reach.venueShare * total])
  if (reach.performed !== undefined) having.push(['performer', reach.performed])
  if (reach.priced !== undefined) having.push(['price', reach.priced ?? total / 2])
  const matching = having.reduce((share, [, events]) => share * Math.min(1, events / total), 1)
  // The index of terms knows weeks.
  const costs = having.map(([index, events]) => [index, index === 'terms' ? events * dateShare : events] as const)
  const [first = ['dates', total * dateShare] as const, second] = costs.toSorted(([, one], [, other]) => one - other)
  const both =
    second === undefined ? Number.POSITIVE_INFINITY : (first[1] * second[1]) / total + second[1] / entriesPerEvent
  const isWorthBoth = second !== undefined && first[1] > few && both < first[1]
  const walked = Math.min(total * dateShare, list.limit / Math.max(matching, 1 / total))
  const found = isWorthBoth ? both : first[1]
  const collected = list.order === 'any' ? Math.min(found, list.limit) + found / entriesPerEvent : found
  return {
    way: having.length > 0 && collected <= Math.max(few, 2 * walked) ? 'collect' : 'walk',
    indexes: isWorthBoth ? [first[0], second[0]] : [first[0]],
    walk: Math.max(minWalk, patience * walked),
  }
}
