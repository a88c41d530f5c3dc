import { z } from 'zod'
import type { Stage } from '#shared/contracts/layout.ts'
import { ExplainedError } from '../../../explained-error.ts'
import { parsePlan } from './first-fault.ts'
import { buildLayout, counted, type PlanRow, type SeatingPlan } from './seating-plan.ts'

const position = z.object({ x: z.number(), y: z.number() })
const origin = { x: 0, y: 0 }
/** Strings by the format's rules; some editors write numbers. */
const name = z.union([z.string(), z.number().transform(String)])

/** Drawn on the plan, and neither seats nor for sale. */
const shape = z.object({
  shape: z.string(),
  position: position.default(origin),
  rectangle: z.object({ width: z.number(), height: z.number() }).optional(),
  circle: z.object({ radius: z.number() }).optional(),
  ellipse: z.object({ radius: position }).optional(),
  polygon: z.object({ points: z.array(position) }).optional(),
  text: z.object({ text: z.string().default('') }).optional(),
})

const sourcePlan = z.object({
  name: z.string().default('Seating plan'),
  size: z.object({ width: z.number(), height: z.number() }).default({ width: 0, height: 0 }),
  categories: z.array(z.object({ name: z.string() })),
  zones: z.array(
    z.object({
      name: z.string().nullish(),
      zone_id: z.string().nullish(),
      position: position.default(origin),
      areas: z.array(shape).default([]),
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
  const layout = buildLayout({ name: plan.name, ...plan.size, rows, areas: [], stage: stageOf(plan) })
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

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/**
 * The format has no stage, but plans draw it: it is the largest of the shapes, since all others are parts of it or signs. What is
 * written within it is its name.
 */
function stageOf({ zones }: SourcePlan): Stage | undefined {
  const shapes = zones.flatMap((zone) =>
    zone.areas.map((area) => ({ box: boxOf(area, zone.position), label: area.text?.text.trim() ?? '' })),
  )
  const [largest] = shapes.map(({ box }) => box).toSorted((a, b) => b.width * b.height - a.width * a.height)
  if (largest === undefined || largest.width * largest.height <= 0) return undefined
  const within = ({ x, y, width, height }: Box): boolean =>
    x + width / 2 >= largest.x &&
    x + width / 2 <= largest.x + largest.width &&
    y + height / 2 >= largest.y &&
    y + height / 2 <= largest.y + largest.height
  return { ...largest, label: shapes.find(({ box, label }) => label !== '' && within(box))?.label ?? 'Stage' }
}

/** Circles and ellipses stand by their middle, all others by their upper left corner. */
function boxOf(
  { position: at, rectangle, circle, ellipse, polygon }: z.output<typeof shape>,
  zone: { x: number; y: number },
): Box {
  const x = zone.x + at.x
  const y = zone.y + at.y
  if (rectangle !== undefined) return { x, y, ...rectangle }
  const radius = circle === undefined ? ellipse?.radius : { x: circle.radius, y: circle.radius }
  if (radius !== undefined) return { x: x - radius.x, y: y - radius.y, width: 2 * radius.x, height: 2 * radius.y }
  const points = polygon?.points ?? [origin]
  const [left, top] = [Math.min(...points.map((point) => point.x)), Math.min(...points.map((point) => point.y))]
  const [right, bottom] = [Math.max(...points.map((point) => point.x)), Math.max(...points.map((point) => point.y))]
  return { x: x + left, y: y + top, width: right - left, height: bottom - top }
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
