import { z } from 'zod'
import { ExplainedError } from '../../../explained-error.ts'
import { parsePlan } from './first-fault.ts'
import { buildLayout, type PlanRow, type SeatingPlan } from './seating-plan.ts'

const sourceStands = z.object({
  name: z.string().optional(),
  stands: z.array(
    z.object({
      name: z.string(),
      sectors: z.array(
        z.object({
          name: z.string(),
          rows: z.array(z.object({ name: z.string(), seats: z.union([z.string(), z.int().transform(String)]) })),
        }),
      ),
    }),
  ),
})

const maxSeatsPerRow = 2_000
/** Of the drawing: from seat to seat, row to row, and between blocks. */
const pitch = 10
const gap = 40

/**
 * Stands > sectors > rows with nothing but seat numbers. They are drawn as blocks, the sectors of a stand side by side and
 * the stands below one another, which shows who sits beside whom but not where in the house.
 */
export function readStandsAndRows(json: unknown, fallbackName: string): SeatingPlan {
  const { name = fallbackName, stands } = parsePlan(sourceStands, json)
  const rows: PlanRow[] = []
  let top = 0
  for (const stand of stands) {
    let left = 0
    for (const sector of stand.sectors) {
      const numbered = sector.rows.map((row) => ({ label: row.name, numbers: seatNumbers(row.seats) }))
      for (const [index, { label, numbers }] of numbered.entries()) {
        rows.push({
          section: `${stand.name} ${sector.name}`,
          label,
          seats: numbers.map((number) => ({
            label: String(number),
            category: stand.name,
            x: left + number * pitch,
            y: top + index * pitch,
          })),
        })
      }
      left += Math.max(0, ...numbered.flatMap(({ numbers }) => numbers)) * pitch + gap
    }
    top += Math.max(0, ...stand.sectors.map((sector) => sector.rows.length)) * pitch + gap
  }
  const layout = buildLayout({ name, width: 0, height: 0, rows, areas: [] })
  return { kind: 'plan', format: 'stands and rows', city: null, layout, notes: ['no positions given: drawn as blocks'] }
}

/** `"27"` is how many there are; in a list, `"1-10,12-16"`, the numbers that exist. Throws `ExplainedError`. */
export function seatNumbers(seats: string): number[] {
  if (/^\d{1,4}$/.test(seats)) return range(1, Number(seats), seats)
  return seats.split(',').flatMap((part) => {
    const match = /^\s*(\d{1,5})(?:\s*-\s*(\d{1,5}))?\s*$/.exec(part)
    if (!match) throw new ExplainedError(`"${seats}" is no list of seats such as 27 or 1-10,12-16`)
    const [, first = '', last = first] = match
    return range(Number(first), Number(last), seats)
  })
}

function range(first: number, last: number, seats: string): number[] {
  if (last - first >= maxSeatsPerRow || last < first - 1) {
    throw new ExplainedError(`"${seats}" is no list of at most ${maxSeatsPerRow} seats`)
  }
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
