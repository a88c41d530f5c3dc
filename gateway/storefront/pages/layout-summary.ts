import { LRUCache } from 'lru-cache'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewEvent, viewLayout } from '#shared/contracts/event.ts'
import type { viewSeatStates } from '#shared/contracts/seats.ts'
import type { SectionLine } from '../views/event/event-state.ts'
import { pricesOf } from '../views/prices.ts'

/** The part of a layout that a page without a map shows. */
export interface LayoutSummary {
  readonly sections: readonly {
    readonly name: string
    /** Names of its price categories. */
    readonly categories: readonly string[]
    /** Seat numbers as ranges: first and end in turn. */
    readonly ranges: readonly number[]
  }[]
  readonly hasMap: boolean
  readonly hasAccessible: boolean
}

/** A version of a layout never changes and takes milliseconds to parse. */
const known = new LRUCache<string, LayoutSummary>({ max: 500 })

/** The summary of a version of an event's layout. Calls `read` if it is not cached. */
export async function layoutSummary(
  eventId: string,
  version: number,
  read: () => Promise<ReplyOf<typeof viewLayout>>,
): Promise<LayoutSummary> {
  const key = `${eventId} ${version}`
  const found = known.get(key) ?? summarise(await read())
  known.set(key, found)
  return found
}

function summarise({ rows, areas, categories, stage }: ReplyOf<typeof viewLayout>): LayoutSummary {
  const sections = new Map<string, { categories: Set<string>; ranges: number[] }>()
  let seat = 0
  for (const row of rows) {
    const section = sections.get(row.section) ?? { categories: new Set<string>(), ranges: [] }
    sections.set(row.section, section)
    for (const index of new Set([row.category].flat())) section.categories.add(categories[index] ?? '')
    const end = seat + row.seats.length
    if (section.ranges.at(-1) === seat) section.ranges[section.ranges.length - 1] = end
    else section.ranges.push(seat, end)
    seat = end
  }
  return {
    sections: Array.from(sections, ([name, { categories: names, ranges }]) => ({
      name,
      categories: [...names],
      ranges,
    })),
    hasMap: rows.length > 0 || stage !== undefined || areas.some(({ outline }) => outline !== undefined),
    hasAccessible: rows.some(({ accessible }) => accessible),
  }
}

/** The sections with their prices and free places. `states`: as in `viewSeatStates`; null: nothing is for sale. */
export function sectionLines(
  { sections }: LayoutSummary,
  event: ReplyOf<typeof viewEvent>,
  states: ReplyOf<typeof viewSeatStates>['states'] | null,
): SectionLine[] {
  const bytes = Buffer.from(states ?? '', 'base64')
  const isFree = (seat: number): boolean =>
    states !== null && (((bytes[seat >> 2] ?? 0xff) >> (2 * (seat & 3))) & 3) === 0
  const prices = pricesOf(event)
  return sections.map(({ name, categories, ranges }) => {
    // An area can have the name of a category.
    const tiers = event.price_tiers.filter((tier) => categories.includes(tier.name))
    const indices = prices.flatMap(({ priceMinor }, index) =>
      tiers.some(({ price_minor }) => price_minor === priceMinor) ? [index] : [],
    )
    let [free, seatCount] = [0, 0]
    for (let at = 0; at < ranges.length; at += 2) {
      const [first = 0, end = 0] = [ranges[at], ranges[at + 1]]
      seatCount += end - first
      for (let seat = first; seat < end; seat += 1) if (isFree(seat)) free += 1
    }
    return {
      name,
      price: indices[0] ?? 0,
      fromMinor: prices[indices.at(-1) ?? 0]?.priceMinor ?? 0,
      free,
      seatCount,
      together: null,
    }
  })
}
