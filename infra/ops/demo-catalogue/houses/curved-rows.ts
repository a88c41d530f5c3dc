import type { PlanRow, PlanSeat } from '../../import/formats/seating-plan.ts'

/* Houses are drawn in units of about 5 cm. Rows come in the order in which best available should offer them. */

/** From seat to seat. */
export const pitch = 11
/** From row to row. */
export const depth = 17

export interface Point {
  readonly x: number
  readonly y: number
}

export interface CurvedRow {
  readonly section: string
  readonly label: string
  readonly category: string
  /** Points of the curve, close to each other. */
  readonly curve: readonly Point[]
  readonly accessible?: boolean
}

/** As many seats as a curve holds, evenly from end to end. Those of an accessible row are wheelchair places and companions in turn. */
export function curvedRow({ section, label, category, curve, accessible = false }: CurvedRow): PlanRow {
  const lengths = [0]
  for (const [index, point] of curve.slice(1).entries()) {
    const before = curve[index] ?? point
    lengths.push((lengths[index] ?? 0) + Math.hypot(point.x - before.x, point.y - before.y))
  }
  const length = lengths.at(-1) ?? 0
  const count = Math.max(1, Math.floor(length / pitch + 1e-6))
  const seats = numbers(count).map((number): PlanSeat => {
    const at = ((number - 0.5) * length) / count
    const next = Math.max(
      1,
      lengths.findIndex((each) => each >= at),
    )
    const [from, to] = [curve[next - 1] ?? { x: 0, y: 0 }, curve[next] ?? { x: 0, y: 0 }]
    const share = (at - (lengths[next - 1] ?? 0)) / ((lengths[next] ?? 1) - (lengths[next - 1] ?? 0))
    const x = from.x + (to.x - from.x) * share
    const y = from.y + (to.y - from.y) * share
    return { label: String(number), category, x, y, ...(accessible && number % 2 === 0 ? { companion: true } : {}) }
  })
  return { section, label, seats, ...(accessible ? { accessible } : {}) }
}

/** A straight row. */
export function straightRow({ from, to, ...row }: Omit<CurvedRow, 'curve'> & { from: Point; to: Point }): PlanRow {
  return curvedRow({ ...row, curve: [from, to] })
}

/** Points of an arc around a centre; angles in radians, 0 points down, positive to the right. */
export function arc(centre: Point, radius: number, [from, to]: readonly [number, number]): Point[] {
  const steps = 48
  return Array.from({ length: steps + 1 }, (_, index) => {
    const angle = from + ((to - from) * index) / steps
    return { x: centre.x + radius * Math.sin(angle), y: centre.y + radius * Math.cos(angle) }
  })
}

/** 1 to `count`. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}
