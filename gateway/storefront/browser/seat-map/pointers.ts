/** Reactions of a map to pointers. Positions are in CSS pixels from the upper left corner of the canvas. */
export interface PointerUse {
  pan(by: Point): void
  zoom(factor: number, at: Point): void
  press(at: Point): void
  /** The pointer is over a place, or has left the canvas. */
  hover(at: Point | null): void
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** A shorter move, in CSS pixels, counts as a press. */
const pressSlack = 6
/** For a wheel that scrolls by pixels; a notch of a mouse wheel is about 100 pixels. */
const zoomPerPixel = 0.002

/** The wheel zooms, one finger or the mouse pans, two fingers pinch. Returns a function that stops it. */
export function followPointers(canvas: HTMLCanvasElement, use: PointerUse): () => void {
  const down = new Map<number, Point>()
  let moved = 0
  const stopped = new AbortController()
  const options = { signal: stopped.signal }
  const at = (event: MouseEvent): Point => {
    const { left, top } = canvas.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }
  canvas.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button !== 0) return
      if (down.size === 0) moved = 0
      down.set(event.pointerId, at(event))
      canvas.setPointerCapture(event.pointerId)
    },
    options,
  )
  canvas.addEventListener(
    'pointermove',
    (event) => {
      const before = down.get(event.pointerId)
      const point = at(event)
      if (before === undefined) {
        if (event.pointerType === 'mouse') use.hover(point)
        return
      }
      const [first, second] = [...down.values()]
      down.set(event.pointerId, point)
      if (first !== undefined && second !== undefined) {
        const still = first === before ? second : first
        const factor = distance(point, still) / Math.max(1, distance(before, still))
        moved = pressSlack
        use.zoom(factor, middle(point, still))
        use.pan({ x: (point.x - before.x) / 2, y: (point.y - before.y) / 2 })
        return
      }
      moved += distance(point, before)
      if (moved >= pressSlack) use.pan({ x: point.x - before.x, y: point.y - before.y })
    },
    options,
  )
  const up = (event: PointerEvent): void => {
    if (!down.delete(event.pointerId) || down.size > 0) return
    if (event.type === 'pointerup' && moved < pressSlack) use.press(at(event))
  }
  canvas.addEventListener('pointerup', up, options)
  // The browser took over the gesture to scroll the page.
  canvas.addEventListener('pointercancel', up, options)
  canvas.addEventListener('pointerleave', () => use.hover(null), options)
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault()
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY
      use.zoom(Math.exp(-Math.max(-300, Math.min(300, pixels)) * zoomPerPixel), at(event))
    },
    { ...options, passive: false },
  )
  return () => stopped.abort()
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y)
}

function middle(one: Point, other: Point): Point {
  return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 }
}
