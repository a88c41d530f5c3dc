import { z } from 'zod'
import { text } from './fields.ts'

/** Parallel arrays keep 15,000 seats near 400 KB. */
const layoutRow = z
  .strictObject({
    section: text(100).describe('Section of the house'),
    label: text(60).describe('Name of the row within its section'),
    category: z
      .union([z.int().min(0), z.array(z.int().min(0))])
      .describe('Index into `categories`, one for the whole row or one for each seat'),
    seats: z.array(text(30)).min(1).max(2_000).describe('Labels of the seats, in their order'),
    x: z.array(z.number()).describe('Horizontal position of each seat, from the left'),
    y: z.array(z.number()).describe('Vertical position of each seat, from the top'),
    accessible: z.literal(true).optional().describe('All seats of the row are for wheelchair users and companions'),
  })
  .meta({ id: 'LayoutRow', description: 'A row of seats as parallel arrays: labels and coordinates' })

/** General admission, sold by count. */
export const area = {
  name: text(100).describe('Name of the general admission area'),
  capacity: z.int().min(1).max(1_000_000).describe('How many people it admits'),
}

/** Seating geometry, immutable by version. */
export const layoutSchema = z.strictObject({
  name: text(200).describe('Name of the seating plan'),
  width: z.number().min(0).describe('Width of the plan, in the unit of the coordinates'),
  height: z.number().min(0).describe('Height of the plan'),
  categories: z.array(text(100)).min(1).max(200).describe('Names of the price categories'),
  rows: z
    .array(layoutRow)
    .max(20_000)
    .describe('The rows, the best first. `seat_no` counts the seats over all rows in this order'),
  areas: z
    .array(z.strictObject(area).meta({ id: 'LayoutArea', description: 'A general admission area' }))
    .max(500)
    .describe('The general admission areas'),
})

export type LayoutRow = z.infer<typeof layoutRow>
export type Layout = z.infer<typeof layoutSchema>

/** Number of seats, without GA areas. */
export function seatCount(layout: Layout): number {
  return layout.rows.reduce((count, row) => count + row.seats.length, 0)
}
