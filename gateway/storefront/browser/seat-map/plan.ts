import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewEvent, viewLayout } from '#shared/contracts/event.ts'
import { unitsPerPitch } from '#shared/seat-pitch.ts'
import { type Price, pricesOf } from '../../views/prices.ts'
import { type Box, boxAround, boxOfOutline, cornersOf, grown, middleOf, nothing } from './geometry.ts'

export type LayoutReply = ReplyOf<typeof viewLayout>
type EventReply = Pick<ReplyOf<typeof viewEvent>, 'price_tiers' | 'areas'>

/** A row of seats; its seats have consecutive numbers. */
export interface PlanRow {
  readonly label: string
  readonly section: number
  /** Its seats have the numbers `first` to `end - 1`. */
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
  /** Index of the most frequent price of its seats. */
  readonly price: number
  /** Index of its highest price. */
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

/** A seat map as columns by seat number, in the unit of its layout. */
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
  /** 1: an aisle lies before this seat, so the seat before it is no neighbour. */
  readonly startsRun: Uint8Array
  readonly labels: readonly string[]
  readonly rows: readonly PlanRow[]
  readonly sections: readonly PlanSection[]
  readonly areas: readonly PlanArea[]
  readonly stage: LayoutReply['stage']
  readonly prices: readonly Price[]
  /** The usual distance of neighbouring seats. */
  readonly pitch: number
  /** The box around everything drawn, including margins of outlines and names of rows. */
  readonly box: Box
}

/** Counts of a section while its rows are read. */
interface SectionCount {
  readonly name: string
  readonly rows: number[]
  seatCount: number
  box: Box
  /** Seats by index of their price. */
  readonly seatsOfPrice: number[]
}

/**
 * Builds the columns of a layout whose coordinates are differences. The loops over seats are simple on purpose: they run once, before the
 * engine compiles them.
 */
export function readPlan(layout: LayoutReply, event: EventReply): Plan {
  const { unit } = layout
  if (unit === undefined) throw new Error('the coordinates of this layout are not differences')
  const seatCount = layout.rows.reduce((sum, { seats }) => sum + seats.length, 0)
  const prices = pricesOf(event)
  const priceOfCategory = layout.categories.map((name) => priceIndex(prices, event.price_tiers, name))
  const x = new Float32Array(seatCount)
  const y = new Float32Array(seatCount)
  const section = new Uint16Array(seatCount)
  const row = new Uint16Array(seatCount)
  const price = new Uint8Array(seatCount)
  const accessible = new Uint8Array(seatCount)
  const startsRun = new Uint8Array(seatCount)
  const labels: string[] = []
  const rows: PlanRow[] = []
  const names = new Map<string, number>()
  const counts: SectionCount[] = []
  let seat = 0
  let rowX = 0
  let rowY = 0
  for (const given of layout.rows) {
    const index = names.get(given.section) ?? names.size
    names.set(given.section, index)
    const count = counts[index] ?? {
      ...{ name: given.section, rows: [], seatCount: 0, box: nothing },
      seatsOfPrice: prices.map(() => 0),
    }
    counts[index] = count
    const before = rows.at(-1)
    const continues = before !== undefined && before.section === index && before.label === given.label
    const rowNo = continues ? rows.length - 1 : rows.length
    const first = seat
    let { left, top, right, bottom } = nothing
    let across = rowX
    let down = rowY
    const { category } = given
    for (let at = 0; at < given.seats.length; at += 1) {
      across += given.x[at] ?? 0
      down += given.y[at] ?? 0
      if (across < left) left = across
      if (across > right) right = across
      if (down < top) top = down
      if (down > bottom) bottom = down
      x[seat] = across * unit
      y[seat] = down * unit
      section[seat] = index
      row[seat] = rowNo
      const own = priceOfCategory[typeof category === 'number' ? category : (category[at] ?? 0)] ?? 0
      price[seat] = own
      count.seatsOfPrice[own] = (count.seatsOfPrice[own] ?? 0) + 1
      labels.push(given.seats[at] ?? '')
      seat += 1
    }
    rowX += given.x[0] ?? 0
    rowY += given.y[0] ?? 0
    startsRun[first] = 1
    if (given.accessible) accessible.fill(accessibility.wheelchair, first, seat)
    for (const at of given.companions ?? []) accessible[first + at] = accessibility.companion
    const box = { left: left * unit, top: top * unit, right: right * unit, bottom: bottom * unit }
    if (continues) rows[rowNo] = { ...before, end: seat, box: boxAround([before.box, box]) }
    else {
      count.rows.push(rowNo)
      rows.push({ label: given.label, section: index, first, end: seat, box })
    }
    count.seatCount += seat - first
    count.box = boxAround([count.box, box])
  }
  const pitch = unit * unitsPerPitch
  const outlines = new Map(
    layout.outlines?.map((outline) => [outline.section, absolutePoints(outline.points, unit)] as const),
  )
  const sections = counts.map(({ seatsOfPrice, ...count }): PlanSection => {
    const outline = outlines.get(count.name) ?? cornersOf(count.box)
    return {
      ...count,
      outline,
      ...middleOf(outline, count.box),
      price: seatsOfPrice.indexOf(Math.max(...seatsOfPrice)),
      dearest: seatsOfPrice.findIndex((seats) => seats > 0),
    }
  })
  const areas = layout.areas.map(({ name, capacity, outline }): PlanArea => {
    const points = outline === undefined ? null : absolutePoints(outline, unit)
    const price = priceIndex(prices, event.areas, name)
    return { name, capacity, price, outline: points, box: points && boxOfOutline(points) }
  })
  const { stage } = layout
  const drawn = [...sections, ...areas].flatMap(({ box }) => box ?? [])
  if (stage !== undefined) {
    drawn.push({ left: stage.x, top: stage.y, right: stage.x + stage.width, bottom: stage.y + stage.height })
  }
  return {
    ...{ seatCount, x, y, section, row, price, accessible, startsRun, labels, rows, sections, areas, stage },
    ...{ prices, pitch },
    box: drawn.length > 0 ? grown(boxAround(drawn), 2 * pitch) : { left: 0, top: 0, right: 1, bottom: 1 },
  }
}

/** Section, row and label of a seat, as in `LOGE12, row 7, seat 9`. */
export function placeOf(plan: Plan, seat: number): { section: string; row: string; label: string; priceMinor: number } {
  return {
    section: plan.sections[plan.section[seat] ?? 0]?.name ?? '',
    row: plan.rows[plan.row[seat] ?? 0]?.label ?? '',
    label: plan.labels[seat] ?? '',
    priceMinor: plan.prices[plan.price[seat] ?? 0]?.priceMinor ?? 0,
  }
}

/** The centre of a seat. */
export function pointOf({ x, y }: Plan, seat: number): { x: number; y: number } {
  return { x: x[seat] ?? 0, y: y[seat] ?? 0 }
}

/** Absolute coordinates from differences; x and y in turn. */
function absolutePoints(points: readonly number[], unit: number): number[] {
  const sum = [0, 0]
  return points.map((difference, index) => {
    sum[index % 2] = (sum[index % 2] ?? 0) + difference
    return (sum[index % 2] ?? 0) * unit
  })
}

/** The index of the price of one of the tiers, or of one of the areas: both can have the name. The first price if none has it. */
function priceIndex(
  prices: readonly Price[],
  priced: readonly { readonly name: string; readonly price_minor: number }[],
  name: string,
): number {
  const minor = priced.find((each) => each.name === name)?.price_minor
  return Math.max(
    0,
    prices.findIndex(({ priceMinor }) => priceMinor === minor),
  )
}
