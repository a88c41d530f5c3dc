import type { Selection } from '#shared/contracts/places.ts'
import type { Database } from '#shared/database/postgres.ts'
import { invalidRequest } from '#shared/errors.ts'
import type { Key } from '#shared/ids.ts'
import { findSection, findTiers, type Part, type SeatFilter } from '../store/rows.ts'

/** The range of all possible seat numbers. */
const wholeHouse = { firstSeatNo: 0, lastSeatNo: 999_999 }

export type BestAvailableWish = NonNullable<Selection['best_available']>

export interface WantedSeats {
  readonly eventId: string
  readonly wish: BestAvailableWish
  /** Seats of this hold count as free. */
  readonly ownHold: Key | undefined
}

/** The seats among which a buyer wants the best. Throws `validation_failed` for a tier or section that the event does not have. */
export async function readSeatFilter(db: Database, { eventId, wish, ownHold }: WantedSeats): Promise<SeatFilter> {
  const tiers = wish.tier === undefined ? null : await findTiers(db, eventId, wish.tier)
  const section = wish.section === undefined ? null : await findSection(db, eventId, wish.section)
  const errors = [
    ...(tiers === undefined ? [{ pointer: '/best_available/tier', detail: 'is not a price tier of this event' }] : []),
    ...(section === undefined
      ? [{ pointer: '/best_available/section', detail: 'is not a section of this event' }]
      : []),
  ]
  if (tiers === undefined || section === undefined) throw invalidRequest(errors)
  const spans: readonly Omit<Part, 'nos'>[] = [wholeHouse, tiers ?? wholeHouse, section ?? wholeHouse]
  return {
    eventId,
    firstSeatNo: Math.max(...spans.map(({ firstSeatNo }) => firstSeatNo)),
    lastSeatNo: Math.min(...spans.map(({ lastSeatNo }) => lastSeatNo)),
    accessible: wish.accessible ?? false,
    tierNos: tiers?.nos ?? null,
    rowNos: section?.nos ?? null,
    ownHold,
  }
}
