import {
  type Layout,
  type LayoutRow,
  layoutSchema,
  placeholderCategory,
  type Stage,
  seatCount,
} from '#shared/contracts/layout.ts'
import { ExplainedError } from '../../../explained-error.ts'
import { firstFault } from './first-fault.ts'
import { cleanText } from './text.ts'

/** What a seating plan comes to, whatever its format. */
export interface SeatingPlan {
  readonly kind: 'plan'
  /** As the report calls it. */
  readonly format: string
  readonly city: string | null
  readonly layout: Layout
  /** What the user should know about how the file was read. */
  readonly notes: readonly string[]
}

export interface PlanSeat {
  readonly label: string
  readonly category: string
  readonly x: number
  readonly y: number
  /** For the companion of a wheelchair user. */
  readonly companion?: boolean
}

export interface PlanRow {
  readonly section: string
  readonly label: string
  readonly seats: readonly PlanSeat[]
  /** Places for wheelchairs and the like. */
  readonly accessible?: boolean
}

export interface Drawing {
  readonly name: string
  readonly width: number
  readonly height: number
  /** In order of preference. */
  readonly rows: readonly PlanRow[]
  readonly areas: Layout['areas']
  readonly stage?: Stage | undefined
}

/**
 * The layout that the event worker takes. A row is cut where an aisle runs through it, because seats that follow one
 * another in a layout are sold as neighbours. Throws `ExplainedError` when two seats have the same section, row and
 * label, or when the contract does not take it.
 */
export function buildLayout({ name, width, height, rows, areas, stage }: Drawing): Layout {
  const labelled = rows.filter(({ seats }) => seats.length > 0).map(withLabels)
  refuseRepeatedLabels(labelled)
  const categories = [...new Set(labelled.flatMap(({ seats }) => seats.map(({ category }) => category)))]
  const indexOf = new Map(categories.map((category, index) => [category, index]))
  const layout: Layout = {
    name: label(name, 200),
    width: Math.max(width, ...labelled.map(({ seats }) => Math.max(...seats.map(({ x }) => x)))),
    height: Math.max(height, ...labelled.map(({ seats }) => Math.max(...seats.map(({ y }) => y)))),
    categories: categories.length > 0 ? categories : [placeholderCategory],
    rows: labelled.flatMap(runsOfNeighbours).map((row) => toLayoutRow(row, indexOf)),
    areas: areas.map((area) => ({ ...area, name: label(area.name, 100) })),
    ...(stage && { stage: { ...stage, label: label(stage.label, 60) } }),
  }
  const checked = layoutSchema.safeParse(layout)
  if (checked.success) return checked.data
  throw new ExplainedError(`cannot be stored: ${firstFault(checked.error)}`)
}

/** `15,247 seats in 61 sections, 1,071 GA tickets in 3 areas`. */
export function describeLayout(layout: Layout): string {
  const sections = new Set(layout.rows.map(({ section }) => section)).size
  const seats = `${counted(seatCount(layout))} seats in ${several(sections, 'section')}`
  if (layout.areas.length === 0) return seats
  return `${seats}, ${counted(gaTicketCount(layout))} GA tickets in ${several(layout.areas.length, 'area')}`
}

function several(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

export function gaTicketCount(layout: Layout): number {
  return layout.areas.reduce((sum, { capacity }) => sum + capacity, 0)
}

/** `15,247`. */
export function counted(count: number): string {
  return count.toLocaleString('en-US')
}

function withLabels({ section, label: row, seats, ...rest }: PlanRow): PlanRow {
  return {
    ...rest,
    section: label(section, 100),
    label: label(row, 60),
    seats: seats.map((seat) => ({
      label: label(seat.label, 30),
      category: label(seat.category, 100),
      x: rounded(seat.x),
      y: rounded(seat.y),
      ...(seat.companion ? { companion: true } : {}),
    })),
  }
}

/** Lengths are the contract's. Editors leave names of rows and zones empty. */
function label(value: string, maxLength: number): string {
  return cleanText(value, maxLength) ?? '-'
}

/** A tenth of a unit of drawing is finer than any screen, and halves the layout's size. */
function rounded(coordinate: number): number {
  return Math.round(coordinate * 10) / 10
}

function refuseRepeatedLabels(rows: readonly PlanRow[]): void {
  const seen = new Set<string>()
  const repeated: string[] = []
  for (const row of rows) {
    for (const seat of row.seats) {
      const place = `${row.section}, row ${row.label}, seat ${seat.label}`
      if (seen.has(place)) repeated.push(place)
      seen.add(place)
    }
  }
  if (repeated.length === 0) return
  const total = seen.size + repeated.length
  throw new ExplainedError(
    `${counted(repeated.length)} of its ${counted(total)} seats are named like another one (first: ${repeated[0]}). ` +
      'Nobody could find such a seat: give the rows different names.',
  )
}

/** How much wider than usual in its row a step from seat to seat must be to be taken for an aisle. */
const aisleFactor = 1.6

function runsOfNeighbours(row: PlanRow): PlanRow[] {
  const steps = row.seats.slice(1).map((seat, index) => distance(seat, row.seats[index] ?? seat))
  const usualStep = steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0
  const starts = [0, ...steps.flatMap((step, index) => (step > usualStep * aisleFactor ? [index + 1] : []))]
  return starts.map((start, index) => ({ ...row, seats: row.seats.slice(start, starts[index + 1]) }))
}

function distance(a: PlanSeat, b: PlanSeat): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

function toLayoutRow({ section, label, seats, accessible }: PlanRow, indexOf: ReadonlyMap<string, number>): LayoutRow {
  const categories = seats.map((seat) => indexOf.get(seat.category) ?? 0)
  const [first = 0] = categories
  const companions = seats.flatMap(({ companion }, index) => (companion ? [index] : []))
  return {
    section,
    label,
    category: categories.every((category) => category === first) ? first : categories,
    seats: seats.map((seat) => seat.label),
    x: seats.map((seat) => seat.x),
    y: seats.map((seat) => seat.y),
    ...(accessible ? { accessible } : {}),
    ...(companions.length > 0 ? { companions } : {}),
  }
}
