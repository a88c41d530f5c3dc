import type { Reach } from '../store/count-reach.ts'
import type { EventList } from '../store/find-events.ts'
import { dateRange, type Indexed } from '../store/list-conditions.ts'
import { daysBetween } from './dates.ts'
import { eventsWith } from './terms.ts'

/** The access path of a page; see `store/find-events.ts`. */
export interface Access {
  readonly method: 'collect' | 'scan'
  /** The indexes that collect events, also if the scan does not fill the page. */
  readonly indexes: readonly Indexed[]
  /** The scan ends after this many events. */
  readonly scanLimit: number
}

/* Measured at 1,000,000 events (`npm run bench -- search`). A factor of two hardly matters. */

/** Most events of a catalogue take place within this many days. */
const usualDays = 300
/** For fewer events, a second index or a scan gains nothing. */
const few = 1_000
/** Reading an event costs as much as reading this many index entries. */
const entriesPerEvent = 16
/** A scan may read at least this many events, and this many times the expected number. */
const minScan = 10_000
const scanFactor = 4

/** The access path that reads fewer events, estimated from the frequency of each condition. */
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
  // The index of terms also contains weeks.
  const costs = having.map(([index, events]) => [index, index === 'terms' ? events * dateShare : events] as const)
  const [first = ['dates', total * dateShare] as const, second] = costs.toSorted(([, one], [, other]) => one - other)
  const both =
    second === undefined ? Number.POSITIVE_INFINITY : (first[1] * second[1]) / total + second[1] / entriesPerEvent
  const isWorthBoth = second !== undefined && first[1] > few && both < first[1]
  const scanned = Math.min(total * dateShare, list.limit / Math.max(matching, 1 / total))
  const found = isWorthBoth ? both : first[1]
  const collected = list.order === 'any' ? Math.min(found, list.limit) + found / entriesPerEvent : found
  return {
    method: having.length > 0 && collected <= Math.max(few, 2 * scanned) ? 'collect' : 'scan',
    indexes: isWorthBoth ? [first[0], second[0]] : [first[0]],
    scanLimit: Math.max(minScan, scanFactor * scanned),
  }
}
