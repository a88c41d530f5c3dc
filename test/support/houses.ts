import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewEvent, viewLayout } from '#shared/contracts/event.ts'
import type { Layout } from '#shared/contracts/layout.ts'
import { asDifferences } from '../../workers/event/compact-layout.ts'
import { sectionOutlines } from '../../workers/event/section-outlines.ts'

export type LayoutReply = ReplyOf<typeof viewLayout>

/** A layout as the event worker shows it, with whole differences or as it was attached. */
export function shownLayout(layout: Layout, coordinates: 'absolute' | 'differences'): LayoutReply {
  const drawn = {
    event_id: '019a0000-0000-7000-8000-000000000001',
    version: 1,
    ...layout,
    outlines: sectionOutlines(layout),
  }
  return coordinates === 'differences' ? asDifferences(drawn) : drawn
}

/** Tiers and areas at prices that fall from category to category. */
export function pricedEvent({ categories, areas }: Layout): Pick<ReplyOf<typeof viewEvent>, 'price_tiers' | 'areas'> {
  const priceOf = (index: number): number => 10_000 - 1_000 * index
  return {
    price_tiers: categories.map((name, index) => ({
      name,
      price_minor: priceOf(index),
      max_price_minor: priceOf(index),
      currency: 'EUR',
    })),
    areas: areas.map(({ name, capacity }, index) => ({
      name,
      capacity,
      price_minor: priceOf(categories.length + index),
    })),
  }
}

/** Seats as `viewSeatStates` packs them. */
export function packStates(states: readonly number[]): string {
  const bytes = Buffer.alloc(Math.ceil(states.length / 4))
  for (const [seat, state] of states.entries()) bytes[seat >> 2] = (bytes[seat >> 2] ?? 0) | (state << (2 * (seat & 3)))
  return bytes.toString('base64')
}
