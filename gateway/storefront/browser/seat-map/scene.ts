import type { Box } from './geometry.ts'
import type { SeatGrid } from './grid.ts'
import type { Cursor } from './keys.ts'
import type { Palette } from './palette.ts'
import type { Plan } from './plan.ts'
import type { SeatPictures } from './seat-shapes.ts'
import type { SeatStates } from './states.ts'
import type { Camera, Screen } from './view.ts'

/** Everything that determines a picture of the map. */
export interface Scene {
  readonly plan: Plan
  readonly states: SeatStates
  /** Built on the first search for a seat: painting the whole map does not need it. */
  grid(): SeatGrid
  readonly camera: Camera
  readonly screen: Screen
  readonly palette: Palette
  readonly pictures: SeatPictures
  readonly shapes: SectionShapes
  /** Distance of neighbouring seats, in CSS pixels. */
  readonly step: number
  /** Chosen seats and those of the buyer's hold. */
  readonly yours: ReadonlySet<number>
  /** Offered seats, shown with a ring. */
  readonly offered: readonly number[]
  /** Position of the keyboard cursor; null without focus. */
  readonly cursor: Cursor | null
  /** Text such as `212 left`. */
  leftWords(free: number): string
}

/** Outlines as paths in plan units, built once. */
export interface SectionShapes {
  readonly sections: readonly Path2D[]
  /** Null for an area that is not drawn. */
  readonly areas: readonly (Path2D | null)[]
}

/** Outlines run through the outermost seats and are drawn wider by this margin, in pitches. */
export const outlineMargin = 0.85

/** Builds the paths of all sections and areas. */
export function makeShapes(plan: Plan): SectionShapes {
  return {
    sections: plan.sections.map(({ outline }) => closedPath(outline)),
    areas: plan.areas.map(({ outline }) => outline && closedPath(outline)),
  }
}

/** A box of the plan in device pixels of the screen, with a margin in pitches. */
export function screenBox({ camera, plan }: Scene, box: Box, marginPitches: number): Box {
  const margin = marginPitches * plan.pitch
  return {
    left: (box.left - margin) * camera.scale + camera.x,
    top: (box.top - margin) * camera.scale + camera.y,
    right: (box.right + margin) * camera.scale + camera.x,
    bottom: (box.bottom + margin) * camera.scale + camera.y,
  }
}

/** The centre of a seat on the screen, in whole device pixels. */
export function seatPoint({ camera, plan }: Scene, seat: number): { x: number; y: number } {
  return {
    x: Math.round((plan.x[seat] ?? 0) * camera.scale + camera.x),
    y: Math.round((plan.y[seat] ?? 0) * camera.scale + camera.y),
  }
}

function closedPath(outline: readonly number[]): Path2D {
  const path = new Path2D()
  for (let at = 0; at < outline.length; at += 2) path.lineTo(outline[at] ?? 0, outline[at + 1] ?? 0)
  path.closePath()
  return path
}
