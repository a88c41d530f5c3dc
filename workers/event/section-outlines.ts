import type { Layout, SectionOutline } from '#shared/contracts/layout.ts'
import { seatPitch } from '#shared/seat-pitch.ts'

type Point = readonly [x: number, y: number]

/** A longer edge, in pitches, is moved inwards. Aisles are shorter; the inside of a curved section is longer. */
const longEdge = 7
/** A smaller deviation, in pitches, counts as a straight line. */
const straight = 0.2
/** Most distances measured for one section: 60,000 seats in one section get a coarser outline instead of a busy worker. */
const maxMeasured = 4_000_000
const maxPoints = 1_000

/**
 * The outline of each section through its outermost seats: their convex hull, whose long edges move inwards to the nearest seat, as long as
 * there are seats behind them.
 */
export function sectionOutlines({ rows }: Pick<Layout, 'rows'>): SectionOutline[] {
  const pitch = seatPitch(rows)
  const seats = new Map<string, Point[]>()
  for (const { section, x, y } of rows) {
    const points = seats.get(section) ?? []
    for (const [index, left] of x.entries()) points.push([left, y[index] ?? 0])
    seats.set(section, points)
  }
  return Array.from(seats, ([section, points]) => ({ section, points: outlineOf(points, pitch).flat() }))
}

function outlineOf(seats: readonly Point[], pitch: number): Point[] {
  const hull = convexHull(seats)
  const [first = [0, 0], second = first] = hull
  // One seat, or seats on one line: drawn as a line.
  if (hull.length < 3) return [first, second, first]
  return withoutStraightPoints(digIn(hull, seats, pitch), pitch * straight)
}

function digIn(hull: readonly Point[], seats: readonly Point[], pitch: number): Point[] {
  const taken = new Set(hull.map(String))
  const outline: Point[] = []
  const ahead = hull.toReversed()
  let from = hull[0] as Point
  ahead.pop()
  ahead.unshift(from)
  let measured = 0
  while (ahead.length > 0) {
    const to = ahead.at(-1) as Point
    const isLong = distance(from, to) > pitch * longEdge && measured < maxMeasured
    if (isLong) measured += seats.length
    // If the nearest seat is already a corner, moving the edge would cut through a row.
    const nearest = isLong ? nearestTo(from, to, { seats, slack: pitch * straight }) : undefined
    if (nearest !== undefined && !taken.has(String(nearest))) {
      taken.add(String(nearest))
      ahead.push(nearest)
    } else {
      outline.push(from)
      from = to
      ahead.pop()
    }
  }
  return outline
}

/**
 * The seat nearest to an edge. Among about equally near seats, the one nearest to the edge's middle, so that straight edges need few steps.
 */
function nearestTo(
  from: Point,
  to: Point,
  { seats, slack }: { seats: readonly Point[]; slack: number },
): Point | undefined {
  let nearest: Point | undefined
  let best = Number.POSITIVE_INFINITY
  for (const seat of seats) {
    const gap = distanceToEdge(seat, from, to)
    if (gap >= best + slack || isSame(seat, from) || isSame(seat, to)) continue
    const isNearer = gap < best - slack || nearest === undefined
    if (!isNearer && fromMiddle(seat, from, to) >= fromMiddle(nearest as Point, from, to)) continue
    nearest = seat
    best = Math.min(best, gap)
  }
  return nearest
}

function fromMiddle(point: Point, from: Point, to: Point): number {
  return Math.abs(point[0] - (from[0] + to[0]) / 2) + Math.abs(point[1] - (from[1] + to[1]) / 2)
}

/** Removes points on the line between their neighbours, and more of them if the outline would be too long. */
function withoutStraightPoints(outline: readonly Point[], tolerance: number): Point[] {
  const middle = outline.length >> 1
  const corners = [
    ...straightened([...outline.slice(0, middle), outline[middle] as Point], tolerance).slice(0, -1),
    ...straightened([...outline.slice(middle), outline[0] as Point], tolerance).slice(0, -1),
  ]
  if (corners.length > maxPoints) return withoutStraightPoints(outline, tolerance * 2)
  return corners.length < 3 ? outline.slice(0, maxPoints) : corners
}

/** Douglas–Peucker: the fewest points from which no other point is farther than the tolerance. */
function straightened(line: readonly Point[], tolerance: number): Point[] {
  const kept = new Set([0, line.length - 1])
  const open: [number, number][] = [[0, line.length - 1]]
  for (let range = open.pop(); range !== undefined; range = open.pop()) {
    const [start, end] = range
    let farthest = -1
    let most = tolerance
    for (let at = start + 1; at < end; at += 1) {
      const gap = distanceToEdge(line[at] as Point, line[start] as Point, line[end] as Point)
      if (gap > most) {
        farthest = at
        most = gap
      }
    }
    if (farthest < 0) continue
    kept.add(farthest)
    open.push([start, farthest], [farthest, end])
  }
  return line.filter((_, index) => kept.has(index))
}

/** Andrew's monotone chain, without points on the edges. */
function convexHull(points: readonly Point[]): Point[] {
  const sorted = points.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])
  const half = (ordered: readonly Point[]): Point[] => {
    const chain: Point[] = []
    for (const point of ordered) {
      while (chain.length > 1 && turn(chain.at(-2) as Point, chain.at(-1) as Point, point) <= 0) chain.pop()
      chain.push(point)
    }
    chain.pop()
    return chain
  }
  const hull = [...half(sorted), ...half(sorted.toReversed())]
  return hull.length > 0 ? hull : sorted.slice(0, 1)
}

function turn(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1])
}

function isSame(a: Point, b: Point): boolean {
  return a[0] === b[0] && a[1] === b[1]
}

function distanceToEdge(point: Point, from: Point, to: Point): number {
  const dx = to[0] - from[0]
  const dy = to[1] - from[1]
  const square = dx * dx + dy * dy
  const along = square === 0 ? 0 : ((point[0] - from[0]) * dx + (point[1] - from[1]) * dy) / square
  const share = Math.min(1, Math.max(0, along))
  const [x, y] = [point[0] - from[0] - share * dx, point[1] - from[1] - share * dy]
  // `Math.hypot` takes ten times as long.
  return Math.sqrt(x * x + y * y)
}
