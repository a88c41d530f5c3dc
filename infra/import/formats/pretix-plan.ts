import { z } from 'zod'
import { ExplainedError } from '../../explained-error.ts'
import { parsePlan } from './parse-plan.ts'
import { buildLayout, counted, type PlanRow, type SeatingPlan } from './seating-plan.ts'

const position = z.object({ x: z.number(), y: z.number() })
const origin = { x: 0, y: 0 }
/** Strings by the format's rules; some editors write numbers. */
const name = z.union([z.string(), z.number().transform(String)])

const sourcePlan = z.object({
  name: z.string().default('Seating plan'),
  size: z.object({ width: z.number(), height: z.number() }).default({ width: 0, height: 0 }),
  categories: z.array(z.object({ name: z.string() })),
  zones: z.array(
    z.object({
      name: z.string().nullish(),
      zone_id: z.string().nullish(),
      position: position.default(origin),
      rows: z.array(
        z.object({
          row_number: name,
          position: position.default(origin),
          seats: z.array(z.object({ seat_guid: name, seat_number: name, position, category: z.string() })),
        }),
      ),
    }),
  ),
})

type SourcePlan = z.output<typeof sourcePlan>

/**
 * A pretix seating plan. Positions are nested, zone + row + seat. Its order is kept: pretix, too, prefers the seats that
 * stand first in the file. Seats are told apart by zone, row and number, so that copied guids do no harm; seats that share
 * all three are refused.
 */
export function readPretixPlan(json: unknown): SeatingPlan {
  const plan = parsePlan(sourcePlan, json)
  refuseUndeclaredCategories(plan)
  const rows = plan.zones.flatMap(zoneRows)
  const layout = buildLayout({ name: plan.name, ...plan.size, rows, areas: [] })
  return {
    kind: 'plan',
    format: 'pretix seating plan',
    city: null,
    layout,
    notes: notes(plan, layout.categories.length),
  }
}

function zoneRows(zone: SourcePlan['zones'][number]): PlanRow[] {
  return zone.rows.map((row) => ({
    section: zone.name ?? zone.zone_id ?? '',
    label: row.row_number,
    seats: row.seats.map((seat) => ({
      label: seat.seat_number,
      category: seat.category,
      x: zone.position.x + row.position.x + seat.position.x,
      y: zone.position.y + row.position.y + seat.position.y,
    })),
  }))
}

function seatsOf(plan: SourcePlan) {
  return plan.zones.flatMap(({ rows }) => rows.flatMap(({ seats }) => seats))
}

function refuseUndeclaredCategories(plan: SourcePlan): void {
  const declared = new Set(plan.categories.map((category) => category.name))
  const stray = seatsOf(plan).find(({ category }) => !declared.has(category))
  if (stray) {
    throw new ExplainedError(
      `seat ${stray.seat_guid} is in category "${stray.category}", which the plan does not declare`,
    )
  }
}

function notes(plan: SourcePlan, usedCategories: number): string[] {
  const seats = seatsOf(plan)
  const copiedGuids = seats.length - new Set(seats.map(({ seat_guid }) => seat_guid)).size
  const unused = plan.categories.length - usedCategories
  return [
    ...(copiedGuids > 0
      ? [`${counted(copiedGuids)} copied seat_guids: those seats are told apart by zone, row and number`]
      : []),
    ...(unused > 0 ? [`${unused} of ${plan.categories.length} categories have no seats and are left out`] : []),
  ]
}
