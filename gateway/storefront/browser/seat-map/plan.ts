import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewEvent, viewLayout } from '#shared/contracts/event.ts'
import { seatPitch } from '#shared/seat-pitch.ts'
import { type Price, pricesOf } from '../../views/prices.ts'
import { type Box, boxAround, boxOfOutline, boxOfPoints, cornersOf, grown, middleOf } from './geometry.ts'

export type LayoutReply = ReplyOf<typeof viewLayout>
type EventReply = Pick<ReplyOf<typeof viewEvent>, 'price_tiers' | 'areas'>

/** A row as buyers know it; seats follow one another by number. */
export interface PlanRow {
  readonly label: string
  readonly section: number
  /** Its seats are numbers `first` to `end - 1`. */
  readonly first: number
  readonly end: number
  readonly box: Box
}

export interface PlanSection {
  readonly name: string
  /** Indices of its rows, in the order of the plan. */
  readonly rows: readonly number[]
  readonly seatCount: number
  /** x and y in turn; see `SectionOutline`. */
  readonly outline: readonly number[]
  readonly box: Box
  readonly x: number
  readonly y: number
  /** Index of the price that most of its seats have. */
  readonly price: number
  /** Index of its dearest price. */
  readonly dearest: number
}

export interface PlanArea {
  readonly name: string
  readonly capacity: number
  readonly price: number
  readonly outline: readonly number[] | null
  readonly box: Box | null
}

export const accessibility = { none: 0, wheelchair: 1, companion: 2 } as const

/** A house as columns by seat number, in the unit of its layout. */
export interface Plan {
  readonly seatCount: number
  readonly x: Float32Array
  readonly y: Float32Array
  readonly section: Uint16Array
  readonly row: Uint16Array
  /** Index into `prices`. */
  readonly price: Uint8Array
  /** A value of `accessibility`. */
  readonly accessible: Uint8Array
  /** 1: an aisle lies before this seat, so that it is no neighbour of the one before. */
  readonly startsRun: Uint8Array
  readonly labels: readonly string[]
  readonly rows: readonly PlanRow[]
  readonly sections: readonly PlanSection[]
  readonly areas: readonly PlanArea[]
  readonly stage: LayoutReply['stage']
  readonly prices: readonly Price[]
  /** The usual distance of neighbours. */
  readonly pitch: number
  /** Of all that is drawn, with the margins of outlines and names of rows. */
  readonly box: Box
}

/** Makes the columns of a layout, whether its coordinates are absolute or differences. */
export function readPlan(layout: LayoutReply, event: EventReply): Plan {
  const rows = absoluteRows(layout)
  const seatCount = rows.reduce((sum, { seats }) => sum + seats.length, 0)
  const prices = pricesOf(event)
  const priceOfCategory = layout.categories.map((name) => priceIndex(prices, name))
  const columns = {
    x: new Float32Array(seatCount),
    y: new Float32Array(seatCount),
    section: new Uint16Array(seatCount),
    row: new Uint16Array(seatCount),
    price: new Uint8Array(seatCount),
    accessible: new Uint8Array(seatCount),
    startsRun: new Uint8Array(seatCount),
  }
  const labels: string[] = []
  const planRows: PlanRow[] = []
  const names = new Map<string, number>()
  let seat = 0
  for (const row of rows) {
    const section = names.get(row.section) ?? names.size
    names.set(row.section, section)
    const before = planRows.at(-1)
    const continues = before !== undefined && before.section === section && before.label === row.label
    const rowNo = continues ? planRows.length - 1 : planRows.length
    const first = seat
    if (row.seats.length > 0) columns.startsRun[seat] = 1
    for (const [index, label] of row.seats.entries()) {
      columns.x[seat] = row.x[index] ?? 0
      columns.y[seat] = row.y[index] ?? 0
      columns.section[seat] = section
      columns.row[seat] = rowNo
      columns.price[seat] =
        priceOfCategory[typeof row.category === 'number' ? row.category : (row.category[index] ?? 0)] ?? 0
      if (row.accessible) columns.accessible[seat] = accessibility.wheelchair
      labels.push(label)
      seat += 1
    }
    for (const index of row.companions ?? []) columns.accessible[first + index] = accessibility.companion
    const box = boxOfPoints(row.x, row.y)
    if (continues) planRows[rowNo] = { ...before, end: seat, box: boxAround([before.box, box]) }
    else planRows.push({ label: row.label, section, first, end: seat, box })
  }
  const pitch = seatPitch(rows)
  const outlines = new Map(
    layout.outlines?.map(({ section, points }) => [section, absolutePoints(points, layout.unit)] as const),
  )
  const rowsOfSection = Map.groupBy(planRows.keys(), (index) => planRows[index]?.section ?? 0)
  const sections = Array.from(names, ([name, index]): PlanSection => {
    const own = rowsOfSection.get(index) ?? []
    const box = boxAround(own.flatMap((row) => planRows[row]?.box ?? []))
    const counts = priceCounts(
      own.flatMap((row) => planRows[row] ?? []),
      columns.price,
    )
    const outline = outlines.get(name) ?? cornersOf(box)
    return {
      name,
      rows: own,
      seatCount: own.reduce((sum, row) => sum + (planRows[row]?.end ?? 0) - (planRows[row]?.first ?? 0), 0),
      outline,
      box,
      ...middleOf(outline, box),
      price: mostFrequent(counts),
      dearest: Math.min(...counts.keys()),
    }
  })
  const areas = layout.areas.map(({ name, capacity, outline }): PlanArea => {
    const points = outline === undefined ? null : absolutePoints(outline, layout.unit)
    return { name, capacity, price: priceIndex(prices, name), outline: points, box: points && boxOfOutline(points) }
  })
  const { stage } = layout
  const drawn = [...sections.map(({ box }) => box), ...areas.flatMap(({ box }) => box ?? [])]
  if (stage !== undefined) {
    drawn.push({ left: stage.x, top: stage.y, right: stage.x + stage.width, bottom: stage.y + stage.height })
  }
  return {
    ...columns,
    seatCount,
    labels,
    rows: planRows,
    sections,
    areas,
    stage,
    prices,
    pitch,
    box: drawn.length > 0 ? grown(boxAround(drawn), 2 * pitch) : { left: 0, top: 0, right: 1, bottom: 1 },
  }
}

/** Name of a place for people: `LOGE12, row 7, seat 9` is made of it. */
export function placeOf(plan: Plan, seat: number): { section: string; row: string; label: string; priceMinor: number } {
  return {
    section: plan.sections[plan.section[seat] ?? 0]?.name ?? '',
    row: plan.rows[plan.row[seat] ?? 0]?.label ?? '',
    label: plan.labels[seat] ?? '',
    priceMinor: plan.prices[plan.price[seat] ?? 0]?.priceMinor ?? 0,
  }
}

/** Where the middle of a seat lies. */
export function pointOf({ x, y }: Plan, seat: number): { x: number; y: number } {
  return { x: x[seat] ?? 0, y: y[seat] ?? 0 }
}

function absoluteRows({ rows, unit }: LayoutReply): LayoutReply['rows'] {
  if (unit === undefined) return rows
  let [rowX, rowY] = [0, 0]
  return rows.map((row) => {
    const [x, y] = [sums(row.x, rowX, unit), sums(row.y, rowY, unit)]
    rowX += row.x[0] ?? 0
    rowY += row.y[0] ?? 0
    return { ...row, x, y }
  })
}

function sums(differences: readonly number[], from: number, unit: number): number[] {
  let sum = from
  return differences.map((difference) => {
    sum += difference
    return sum * unit
  })
}

function absolutePoints(points: readonly number[], unit: number | undefined): number[] {
  if (unit === undefined) return [...points]
  const sum = [0, 0]
  return points.map((difference, index) => {
    sum[index % 2] = (sum[index % 2] ?? 0) + difference
    return (sum[index % 2] ?? 0) * unit
  })
}

/** The index of a tier's or area's price; the first where the event does not name it. */
function priceIndex(prices: readonly Price[], name: string): number {
  return Math.max(
    0,
    prices.findIndex(({ names }) => names.includes(name)),
  )
}

function priceCounts(rows: readonly PlanRow[], price: Uint8Array): Map<number, number> {
  const counts = new Map<number, number>()
  for (const { first, end } of rows) {
    for (let seat = first; seat < end; seat += 1) counts.set(price[seat] ?? 0, (counts.get(price[seat] ?? 0) ?? 0) + 1)
  }
  return counts
}

function mostFrequent(counts: ReadonlyMap<number, number>): number {
  let [found, most] = [0, 0]
  for (const [value, count] of counts) if (count > most) [found, most] = [value, count]
  return found
}
