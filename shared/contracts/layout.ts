import { z } from 'zod'
import { text } from './fields.ts'

/**
 * Seating geometry, immutable by version. Columnar by row, so that 15,000 seats stay near 400 KB: a row's seats are
 * parallel arrays of labels and coordinates. `seat_no` is the running index over all rows in the order given here, which
 * is also the order of preference for best-available.
 */
const layoutRow = z.strictObject({
  section: text(100),
  label: text(60),
  /** Index into `categories`, for the whole row or seat by seat. */
  category: z.union([z.int().min(0), z.array(z.int().min(0))]),
  seats: z.array(text(30)).min(1).max(2_000),
  x: z.array(z.number()),
  y: z.array(z.number()),
  /** Places for wheelchairs and the like. */
  accessible: z.literal(true).optional(),
})

export const layoutSchema = z.strictObject({
  name: text(200),
  width: z.number().min(0),
  height: z.number().min(0),
  categories: z.array(text(100)).min(1).max(200),
  rows: z.array(layoutRow).max(20_000),
  /** Standing places, sold by count. */
  areas: z.array(z.strictObject({ name: text(100), capacity: z.int().min(1).max(1_000_000) })).max(500),
})

export type LayoutRow = z.infer<typeof layoutRow>
export type Layout = z.infer<typeof layoutSchema>

/** Number of numbered seats; standing places are not counted. */
export function seatCount(layout: Layout): number {
  return layout.rows.reduce((count, row) => count + row.seats.length, 0)
}
