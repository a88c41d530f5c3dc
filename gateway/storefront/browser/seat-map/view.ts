import type { Box } from './geometry.ts'

/** The part of a plan that the canvas shows: a point of the plan is at `point × scale + offset`, in whole device pixels. */
export interface Camera {
  /** Device pixels per unit of the plan. */
  readonly scale: number
  readonly x: number
  readonly y: number
}

export interface Screen {
  /** Device pixels. */
  readonly width: number
  readonly height: number
  /** Device pixels per CSS pixel. */
  readonly ratio: number
}

export type Level = 'sections' | 'rows' | 'seats'

/** Distances of neighbouring seats, in CSS pixels, from which rows, seats and seat numbers are drawn; and the largest distance. */
const rowsFrom = 2.6
const seatsFrom = 9
const numbersFrom = 20
const largest = 40
/** Around the map, in CSS pixels. */
const margin = 16

/** Distance of neighbouring seats on the screen, in CSS pixels. */
export function step({ scale }: Camera, { ratio }: Screen, pitch: number): number {
  return (scale * pitch) / ratio
}

/** What is drawn at a distance of neighbouring seats, in CSS pixels. */
export function levelOf(stepPx: number): Level {
  if (stepPx < rowsFrom) return 'sections'
  return stepPx < seatsFrom ? 'rows' : 'seats'
}

/** Whether seat numbers are drawn at a distance of neighbouring seats, in CSS pixels. */
export function showsNumbers(stepPx: number): boolean {
  return stepPx >= numbersFrom
}

/** Shows a box as large as possible, but no seat larger than the limit. */
export function fitted(
  box: Box,
  screen: Screen,
  { pitch, maxStep = largest }: { pitch: number; maxStep?: number },
): Camera {
  const space = margin * screen.ratio * 2
  const across = Math.max(box.right - box.left, pitch)
  const down = Math.max(box.bottom - box.top, pitch)
  const scale = Math.min(
    Math.max(1, screen.width - space) / across,
    Math.max(1, screen.height - space) / down,
    (maxStep * screen.ratio) / pitch,
  )
  return centred({ x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 }, scale, screen)
}

/** A camera with a point of the plan in the middle of the screen. */
export function centred(point: { x: number; y: number }, scale: number, { width, height }: Screen): Camera {
  return { scale, x: Math.round(width / 2 - point.x * scale), y: Math.round(height / 2 - point.y * scale) }
}

/** Zooms around a point of the screen. */
export function zoomedAt(
  camera: Camera,
  factor: number,
  point: { x: number; y: number },
  limits: { min: number; max: number },
): Camera {
  const scale = Math.min(limits.max, Math.max(limits.min, camera.scale * factor))
  const by = scale / camera.scale
  return {
    scale,
    x: Math.round(point.x - (point.x - camera.x) * by),
    y: Math.round(point.y - (point.y - camera.y) * by),
  }
}

/** The smallest scale shows the whole map, the largest shows seats at their largest. */
export function scaleLimits(whole: Camera, screen: Screen, pitch: number): { min: number; max: number } {
  return { min: whole.scale, max: Math.max(whole.scale, (largest * screen.ratio) / pitch) }
}

/** Keeps the map on the screen: centred if it is smaller, else with no gap wider than the margin. */
export function clamped(camera: Camera, box: Box, screen: Screen): Camera {
  const space = margin * screen.ratio
  const within = (offset: number, from: number, to: number, length: number): number => {
    const size = (to - from) * camera.scale
    if (size <= length - 2 * space) return Math.round((length - size) / 2 - from * camera.scale)
    const most = space - from * camera.scale
    return Math.round(Math.min(most, Math.max(length - space - to * camera.scale, offset)))
  }
  return {
    scale: camera.scale,
    x: within(camera.x, box.left, box.right, screen.width),
    y: within(camera.y, box.top, box.bottom, screen.height),
  }
}

/** The part of the plan behind a rectangle of the screen. */
export function planBox({ scale, x, y }: Camera, part: Box): Box {
  return {
    left: (part.left - x) / scale,
    top: (part.top - y) / scale,
    right: (part.right - x) / scale,
    bottom: (part.bottom - y) / scale,
  }
}

/** A camera between two others, at a share of the way from 0 to 1: zooms evenly while the middle moves straight. */
export function between(from: Camera, to: Camera, share: number, { width, height }: Screen): Camera {
  const scale = from.scale * (to.scale / from.scale) ** share
  // At equal scales the zoom has no share; the middle then moves by time.
  const way = from.scale === to.scale ? share : (1 / from.scale - 1 / scale) / (1 / from.scale - 1 / to.scale)
  const middle = (camera: Camera) => ({
    x: (width / 2 - camera.x) / camera.scale,
    y: (height / 2 - camera.y) / camera.scale,
  })
  const [start, end] = [middle(from), middle(to)]
  const point = { x: start.x + (end.x - start.x) * way, y: start.y + (end.y - start.y) * way }
  return share >= 1 ? to : centred(point, scale, { width, height, ratio: 1 })
}
