import { addDays } from './day-cover.ts'
import { daysOfWalk, type Way } from './ways.ts'

/** Part of a list by date, and how to find what is in it. What it holds comes before all that later parts hold. */
export interface Stretch {
  readonly by: Way['by']
  /** Its first date; null: from the very beginning. */
  readonly from: string | null
  /** The first date behind it; null: to the very end. */
  readonly until: string | null
  /** All that is left of the list, not a window of it. */
  readonly isRest: boolean
}

export interface ListDates {
  /** The list begins there; null: with the oldest event. */
  readonly first: string | null
  /** From where windows count their days. */
  readonly windowsFrom: string
  /** The first date behind the list; null: it goes on as long as there are events. */
  readonly behind: string | null
  /** Of all events. */
  readonly events: number
}

/** The ways to a page of a list by date, each from where the one before it ends. */
export function stretchesFor(ways: readonly Way[], { first, windowsFrom, behind, events }: ListDates): Stretch[] {
  const stretches: Stretch[] = []
  let from = first
  for (const [index, way] of ways.entries()) {
    if (behind !== null && from !== null && from >= behind) break
    // Walking goes no further than it must, so a short walk before a long one is the beginning of it.
    if (way.by === 'walking' && ways[index + 1]?.by === 'walking') continue
    const days = daysOf(way, events)
    const until = days === null ? behind : earlier(addDays(windowsFrom, days), behind)
    stretches.push({ by: way.by, from, until, isRest: days === null })
    from = until
  }
  return stretches
}

/** `null`: to the end of the list. */
function daysOf(way: Way, events: number): number | null {
  if (way.by !== 'walking') return way.days
  return way.limit === null ? null : daysOfWalk(way.limit, events)
}

function earlier(date: string, other: string | null): string {
  return other !== null && other < date ? other : date
}
