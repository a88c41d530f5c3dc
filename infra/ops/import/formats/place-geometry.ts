import { z } from 'zod'
import { ExplainedError } from '../../../explained-error.ts'
import { parsePlan } from './first-fault.ts'
import { buildLayout, counted, type PlanRow, type SeatingPlan } from './seating-plan.ts'

/** Place id, seat number, x, y; the full format has undocumented members after these. */
const place = z.tuple(
  [z.string(), z.union([z.string(), z.number().transform(String)]), z.number(), z.number()],
  z.unknown(),
)

const segment = z.object({
  name: z.string().default(''),
  generalAdmission: z.boolean().default(false),
  totalPlaces: z.int().default(0),
  placesNoKeys: z.array(place).default([]),
  get segments() {
    return z.array(segment).default([])
  },
})

const page = z.object({ width: z.number(), height: z.number(), segments: z.array(segment) })

const sourceGeometry = z.object({
  venue: z.string().default('Seating plan'),
  market: z.string().optional(),
  totalPlaces: z.int(),
  pages: z.array(page),
})

type Segment = z.output<typeof segment>

/** A row of seats or a GA area, with the names of all it lies in, outermost first. */
interface Leaf {
  readonly segment: Segment
  readonly path: readonly string[]
}

/**
 * A Ticketmaster place detail: pages of nested segments, whose leaves are rows of seats or GA areas. Rows nearer to
 * the middle of their page come first: there an arena has its floor, and the format does not say where the stage is. Pages
 * are drawn below one another. Throws `ExplainedError` when seats and GA tickets do not add up to `totalPlaces`.
 */
export function readPlaceGeometry(json: unknown): SeatingPlan {
  const { venue, market, totalPlaces, pages } = parsePlan(sourceGeometry, json)
  const pageLeaves = pages.map(({ segments }) => segments.flatMap((top) => leavesOf(top, [])))
  const standing = pageLeaves.flat().filter(({ segment }) => segment.generalAdmission && segment.totalPlaces > 0)
  const seated = pageLeaves.flat().filter(hasSeats)
  const nameOf = shortNames([...standing.map(ownPath), ...seated.map(sectionPath)])
  let height = 0
  const rows = pages.flatMap((page, index) => {
    const top = height
    height += page.height
    const middle = { x: page.width / 2, y: top + page.height / 2 }
    return (pageLeaves[index] ?? [])
      .filter(hasSeats)
      .map((leaf) => toRow(leaf, { section: nameOf(sectionPath(leaf)), top }))
      .sort((a, b) => distanceTo(middle, a) - distanceTo(middle, b))
  })
  const areas = standing.map((leaf) => ({ name: nameOf(ownPath(leaf)), capacity: leaf.segment.totalPlaces }))
  refuseWrongTotal(totalPlaces, {
    seats: rows.reduce((sum, row) => sum + row.seats.length, 0),
    standing: areas.reduce((sum, { capacity }) => sum + capacity, 0),
  })
  const width = Math.max(0, ...pages.map((page) => page.width))
  const layout = buildLayout({ name: venue, width, height, rows, areas })
  return { kind: 'plan', format: 'place geometry', city: market?.split(',')[0] ?? null, layout, notes: [] }
}

function hasSeats({ segment }: Leaf): boolean {
  return segment.placesNoKeys.length > 0
}

function leavesOf(parent: Segment, path: readonly string[]): Leaf[] {
  if (parent.segments.length === 0) return [{ segment: parent, path }]
  return parent.segments.flatMap((child) => leavesOf(child, [...path, parent.name]))
}

function ownPath({ segment, path }: Leaf): readonly string[] {
  return [...path, segment.name]
}

/** Seats that lie in no section are one of their own. */
function sectionPath(leaf: Leaf): readonly string[] {
  return leaf.path.length > 0 ? leaf.path : ownPath(leaf)
}

/** The innermost name, as it stands on tickets, or the whole path where that name occurs in several places. */
function shortNames(paths: readonly (readonly string[])[]): (path: readonly string[]) => string {
  const whole = (path: readonly string[]) => path.join(' ')
  const last = (path: readonly string[]) => path.at(-1) ?? ''
  const places = Map.groupBy(new Map(paths.map((path) => [whole(path), path])).values(), last)
  return (path) => (places.get(last(path))?.length === 1 ? last(path) : whole(path))
}

function toRow({ segment, path }: Leaf, { section, top }: { section: string; top: number }): PlanRow {
  const seats = segment.placesNoKeys.map(([, label, x, y]) => ({ label, category: 'Seat', x, y: top + y }))
  return { section, label: path.length > 0 ? segment.name : '', seats }
}

function distanceTo(point: { x: number; y: number }, { seats }: PlanRow): number {
  const x = seats.reduce((sum, seat) => sum + seat.x, 0) / seats.length
  const y = seats.reduce((sum, seat) => sum + seat.y, 0) / seats.length
  return Math.hypot(x - point.x, y - point.y)
}

function refuseWrongTotal(totalPlaces: number, found: { seats: number; standing: number }): void {
  const { seats, standing } = found
  if (seats + standing === totalPlaces) return
  throw new ExplainedError(
    `says it has ${counted(totalPlaces)} places, but lists ${counted(seats + standing)}: ` +
      `${counted(seats)} seats and ${counted(standing)} GA tickets`,
  )
}
