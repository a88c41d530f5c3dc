/** The places that a buyer waits for. `any`: all except accessible seats. All other kinds except `accessible` have a name. */
export interface Wanted {
  readonly kind: 'any' | 'accessible' | 'tier' | 'section' | 'area'
  readonly name: string | null
}

/** The properties of a seat that decide who may wait for it. */
export interface SeatKind {
  readonly tier: string
  readonly section: string
  readonly accessible: boolean
}

/** Whether a seat is one of the wanted places. */
export function coversSeat({ kind, name }: Wanted, seat: SeatKind): boolean {
  switch (kind) {
    case 'accessible':
      return seat.accessible
    case 'any':
      return !seat.accessible
    case 'tier':
      return !seat.accessible && seat.tier === name
    case 'section':
      return !seat.accessible && seat.section === name
    case 'area':
      return false
  }
}

/** Whether tickets of a GA area are among the wanted places. */
export function coversArea({ kind, name }: Wanted, area: string): boolean {
  return kind === 'any' || (kind === 'area' && name === area)
}

/** SQL: `coversSeat` for `wanted` (kind, name), `seat` of `event_seats`, `seat_row` of `event_rows` and `tier` of `price_tiers`. */
export const coversSeatSql = `CASE wanted.kind WHEN 'accessible' THEN seat.accessible WHEN 'any' THEN NOT seat.accessible
  WHEN 'tier' THEN NOT seat.accessible AND tier.name = wanted.name
  WHEN 'section' THEN NOT seat.accessible AND seat_row.section = wanted.name ELSE false END`

/** SQL: `coversArea` for `wanted` (kind, name) and `area` of `areas`. */
export const coversAreaSql = `(wanted.kind = 'any' OR (wanted.kind = 'area' AND wanted.name = area.name))`
