import { z } from 'zod'
import { text } from './fields.ts'

/** Parallel arrays keep a layout of 15,000 seats near 400 KB. */
const layoutRow = z
  .strictObject({
    section: text(100).describe('Section of the house'),
    label: text(60).describe('Name of the row within its section'),
    category: z
      .union([z.int().min(0), z.array(z.int().min(0))])
      .describe('Index into `categories`, one for the whole row or one for each seat'),
    seats: z.array(text(30)).min(1).max(2_000).describe('Labels of the seats, in order'),
    x: z.array(z.number()).describe('Horizontal position of each seat, from the left'),
    y: z.array(z.number()).describe('Vertical position of each seat, from the top'),
    accessible: z.literal(true).optional().describe('All seats of the row are for wheelchair users and companions'),
    companions: z
      .array(z.int().min(0))
      .min(1)
      .max(2_000)
      .optional()
      .describe('Seats of an accessible row for companions, by their index in `seats`'),
  })
  .meta({ id: 'LayoutRow', description: 'A row of seats as parallel arrays: labels and coordinates' })

/** A closed line as x and y in turn, without a repeated first point. */
const polygon = z
  .array(z.number())
  .min(6)
  .max(4_000)
  .refine((numbers) => numbers.length % 2 === 0, 'must be x and y in turn')

const stage = z
  .strictObject({
    x: z.number().describe('Left edge'),
    y: z.number().describe('Upper edge'),
    width: z.number().positive().describe('Width'),
    height: z.number().positive().describe('Height'),
    label: text(60).describe('Label of the stage: stage, court, screen'),
  })
  .meta({ id: 'Stage', description: 'What everybody looks at' })

/** General admission, sold by count. */
export const area = {
  name: text(100).describe('Name of the general admission area'),
  capacity: z.int().min(1).max(1_000_000).describe('How many people it admits'),
}

/** The only category of a layout without seats: a layout has at least one. */
export const placeholderCategory = 'General admission'

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
    .array(
      z
        .strictObject({
          ...area,
          outline: polygon
            .optional()
            .describe('Outline of the area: x and y of its corners in turn. Without it, the area is not drawn'),
        })
        .meta({ id: 'LayoutArea', description: 'A general admission area' }),
    )
    .max(500)
    .describe('The general admission areas'),
  stage: stage.optional().describe('The stage, if the plan contains it'),
})

/** Made by the event worker from the seats of a section when a layout is attached. */
export const sectionOutline = z
  .strictObject({
    section: text(100).describe('Section of the house'),
    points: polygon.describe('x and y of the corners in turn. The line runs through the outermost seats'),
  })
  .meta({ id: 'SectionOutline', description: 'The outline of a section' })

export type LayoutRow = z.infer<typeof layoutRow>
export type Layout = z.infer<typeof layoutSchema>
export type SectionOutline = z.infer<typeof sectionOutline>
export type Stage = z.infer<typeof stage>

/** Number of seats, without GA areas. */
export function seatCount(layout: Layout): number {
  return layout.rows.reduce((count, row) => count + row.seats.length, 0)
}
