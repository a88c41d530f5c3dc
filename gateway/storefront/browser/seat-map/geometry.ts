/** Boxes and outlines, in any unit. An outline lists x and y of its corners in turn. */

export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** The box of a single point. */
export function pointBox({ x, y }: { readonly x: number; readonly y: number }): Box {
  return { left: x, right: x, top: y, bottom: y }
}

/** Contains no point; extended by any box, it becomes that box. */
export const nothing: Box = {
  left: Number.POSITIVE_INFINITY,
  top: Number.POSITIVE_INFINITY,
  right: Number.NEGATIVE_INFINITY,
  bottom: Number.NEGATIVE_INFINITY,
}

/** The smallest box around all boxes. */
export function boxAround(boxes: readonly Box[]): Box {
  let { left, top, right, bottom } = nothing
  for (const box of boxes) {
    left = Math.min(left, box.left)
    top = Math.min(top, box.top)
    right = Math.max(right, box.right)
    bottom = Math.max(bottom, box.bottom)
  }
  return { left, top, right, bottom }
}

/** A box with a margin around it. */
export function grown({ left, top, right, bottom }: Box, by: number): Box {
  return { left: left - by, top: top - by, right: right + by, bottom: bottom + by }
}

/** Whether two boxes overlap or touch. */
export function boxesMeet(one: Box, other: Box): boolean {
  return one.left <= other.right && one.right >= other.left && one.top <= other.bottom && one.bottom >= other.top
}

/** Whether a point lies in an outline. */
export function isInside(outline: readonly number[], x: number, y: number): boolean {
  let inside = false
  for (let at = 0, before = outline.length - 2; at < outline.length; before = at, at += 2) {
    const [ax, ay] = [outline[at] ?? 0, outline[at + 1] ?? 0]
    const [bx, by] = [outline[before] ?? 0, outline[before + 1] ?? 0]
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside
  }
  return inside
}

/** The smallest box around an outline. */
export function boxOfOutline(outline: readonly number[]): Box {
  const boxes: Box[] = []
  for (let at = 0; at < outline.length; at += 2) {
    boxes.push(pointBox({ x: outline[at] ?? 0, y: outline[at + 1] ?? 0 }))
  }
  return boxAround(boxes)
}

/** The corners of a box as an outline. */
export function cornersOf({ left, top, right, bottom }: Box): number[] {
  return [left, top, right, top, right, bottom, left, bottom]
}

/** Where the name of an outline is written: its centre of gravity, or the middle of its box if it has no area. */
export function middleOf(outline: readonly number[], box: Box): { x: number; y: number } {
  let [area, x, y] = [0, 0, 0]
  for (let at = 0; at < outline.length; at += 2) {
    const next = (at + 2) % outline.length
    const [ax, ay] = [outline[at] ?? 0, outline[at + 1] ?? 0]
    const [bx, by] = [outline[next] ?? 0, outline[next + 1] ?? 0]
    const cross = ax * by - bx * ay
    area += cross
    x += (ax + bx) * cross
    y += (ay + by) * cross
  }
  const middle = { x: x / (3 * area), y: y / (3 * area) }
  const isWithin = middle.x >= box.left && middle.x <= box.right && middle.y >= box.top && middle.y <= box.bottom
  return isWithin ? middle : { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 }
}
