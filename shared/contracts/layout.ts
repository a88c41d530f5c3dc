import { z } from 'zod'
import { text } from './fields.ts'

/**
 * A row's seats are parallel arrays of labels and coordinates, which keeps 15,000 seats near 400 KB. `seat_no` counts the
 * seats over all rows in this order, in which best-available prefers them.
 */
const layoutRow = z.strictObject({
  section: text(100),
  label: text(60),
  /** Index into `categories`, for the whole row or seat by seat. */
  category: z.union([z.int().min(0), z.array(z.int().min(0))]),
  seats: z.array(text(30)).min(1).max(2_000),
  x: z.array(z.number()),
  y: z.array(z.number()),
  accessible: z.literal(true).optional(),
})

/** General admission, sold by count. */
export const area = { name: text(100), capacity: z.int().min(1).max(1_000_000) }

/** Seating geometry, immutable by version. */
export const layoutSchema = z.strictObject({
  name: text(200),
  width: z.number().min(0),
  height: z.number().min(0),
  categories: z.array(text(100)).min(1).max(200),
  rows: z.array(layoutRow).max(20_000),
  areas: z.array(z.strictObject(area)).max(500),
})

export type LayoutRow = z.infer<typeof layoutRow>
export type Layout = z.infer<typeof layoutSchema>

/** Number of seats, without GA areas. */
export function seatCount(layout: Layout): number {
  return layout.rows.reduce((count, row) => count + row.seats.length, 0)
}
