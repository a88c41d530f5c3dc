import type { Box } from './geometry.ts'
import type { SeatGrid } from './grid.ts'
import type { Cursor } from './keys.ts'
import type { Palette } from './palette.ts'
import type { Plan } from './plan.ts'
import type { SeatPictures } from './seat-shapes.ts'
import type { SeatStates } from './states.ts'
import type { Camera, Screen } from './view.ts'

/** All that a picture of the map depends on. */
export interface Scene {
  readonly plan: Plan
  readonly states: SeatStates
  /** Made when seats are first looked for: the whole house is painted without it. */
  grid(): SeatGrid
  readonly camera: Camera
  readonly screen: Screen
  readonly palette: Palette
  readonly pictures: SeatPictures
  readonly shapes: SectionShapes
  /** Distance of neighbours, in CSS pixels. */
  readonly step: number
  /** Chosen seats and those of the own hold. */
  readonly yours: ReadonlySet<number>
  /** Seats that are offered: ringed. */
  readonly offered: readonly number[]
  /** Where the keyboard is; null without focus. */
  readonly cursor: Cursor | null
  /** `212 left`. */
  leftWords(free: number): string
}

/** Outlines as paths in the unit of the plan, made once. */
export interface SectionShapes {
  readonly sections: readonly Path2D[]
  /** Null where an area is not drawn. */
  readonly areas: readonly (Path2D | null)[]
}

/** Outlines run through the outermost seats and are drawn so much wider, in pitches. */
export const outlineMargin = 0.85

export function makeShapes(plan: Plan): SectionShapes {
  return {
    sections: plan.sections.map(({ outline }) => closedPath(outline)),
    areas: plan.areas.map(({ outline }) => outline && closedPath(outline)),
  }
}

/** A box of the plan on the screen, in device pixels, with a margin in pitches. */
export function screenBox({ camera, plan }: Scene, box: Box, marginPitches: number): Box {
  const margin = marginPitches * plan.pitch
  return {
    left: (box.left - margin) * camera.scale + camera.x,
    top: (box.top - margin) * camera.scale + camera.y,
    right: (box.right + margin) * camera.scale + camera.x,
    bottom: (box.bottom + margin) * camera.scale + camera.y,
  }
}

/** Where the middle of a seat lies on the screen, in whole device pixels. */
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
