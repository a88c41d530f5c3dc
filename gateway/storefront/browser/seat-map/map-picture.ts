import { type Box, pointBox } from './geometry.ts'
import { SeatGrid } from './grid.ts'
import type { Cursor } from './keys.ts'
import type { MapCamera } from './map-camera.ts'
import { paint } from './paint.ts'
import { type Palette, readPalette } from './palette.ts'
import { type Plan, pointOf } from './plan.ts'
import { makeShapes, type Scene, type SectionShapes, screenBox } from './scene.ts'
import { SeatPictures } from './seat-shapes.ts'
import type { SeatStates } from './states.ts'
import { type Camera, step } from './view.ts'

export interface MapPictureUse {
  readonly canvas: HTMLCanvasElement
  readonly plan: Plan
  readonly states: SeatStates
  readonly camera: MapCamera
  leftWords(free: number): string
}

/** If more places change within one frame, everything is repainted. */
const maxPatches = 60

/** A part of the plan to repaint. */
interface Patch {
  readonly box: Box
  /** Margin in device pixels. */
  readonly margin: number
}

/** The picture of a map on its canvas. A move paints only the part that comes into view, a change only its own box. */
export class MapPicture {
  readonly #use: MapPictureUse
  readonly #context: CanvasRenderingContext2D
  readonly #shapes: SectionShapes
  #grid: SeatGrid | null = null
  #palette: Palette
  #pictures: SeatPictures | null = null
  #painted: Camera | null = null
  #frame: number | null = null
  #patches: Patch[] = []
  #yours: ReadonlySet<number> = new Set()
  #offered: readonly number[] = []
  #cursor: Cursor | null = null

  constructor(use: MapPictureUse) {
    this.#use = use
    const context = use.canvas.getContext('2d', { alpha: false })
    if (context === null) throw new Error('this browser has no canvas')
    this.#context = context
    this.#shapes = makeShapes(use.plan)
    this.#palette = readPalette(use.canvas)
    for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
      matchMedia(query).addEventListener('change', () => {
        this.#palette = readPalette(use.canvas)
        this.#pictures = null
        this.repaint()
      })
    }
    // Until the font is loaded, names use the fallback font.
    const face = `700 13px ${this.#palette.face}`
    if (!document.fonts.check(face)) void document.fonts.load(face).then(() => this.repaint())
  }

  /** Chosen seats and those of the buyer's hold. */
  setYours(seats: ReadonlySet<number>): void {
    const before = this.#yours
    this.#yours = seats
    this.repaintSeats([...before, ...seats].filter((seat) => before.has(seat) !== seats.has(seat)))
  }

  /** Rings seats that are offered. */
  setOffered(seats: readonly number[]): void {
    const before = this.#offered
    this.#offered = seats
    this.repaintSeats([...before, ...seats])
  }

  /** Rings the place where the keyboard is. */
  setCursor(cursor: Cursor | null): void {
    this.#cursor = cursor
    this.repaint()
  }

  /** Repaints everything: after a snapshot, a change of areas, or a new canvas size. */
  repaint(): void {
    this.#painted = null
    this.request()
  }

  /** Repaints seats that have changed. */
  repaintSeats(seats: readonly number[]): void {
    if (seats.length === 0) return
    const { plan, camera } = this.#use
    if (camera.level !== 'seats' || camera.isFlying || this.#patches.length + seats.length > maxPatches) {
      this.#repaintSections(seats)
      return
    }
    const margin = Math.max(1.5 * plan.pitch * camera.now.scale, 12 * camera.screen.ratio)
    for (const seat of seats) this.#patches.push({ box: pointBox(pointOf(plan, seat)), margin })
    this.request()
  }

  /** If single seats are not drawn, repaints their sections. Pins of the buyer's seats may join or part. */
  #repaintSections(seats: readonly number[]): void {
    const { plan, camera } = this.#use
    const sections = new Set(seats.map((seat) => plan.section[seat] ?? 0))
    if (
      camera.isFlying ||
      this.#patches.length + sections.size > maxPatches ||
      sections.size > plan.sections.length / 2
    ) {
      this.repaint()
      return
    }
    const margin = 3 * plan.pitch * camera.now.scale + 14 * camera.screen.ratio
    for (const index of sections) {
      const section = plan.sections[index]
      if (section !== undefined) this.#patches.push({ box: section.box, margin })
    }
    this.request()
  }

  /** Requests a frame: the camera moved. */
  request(): void {
    this.#frame ??= requestAnimationFrame(() => this.#draw())
  }

  /** Built on the first search for a seat. */
  grid(): SeatGrid {
    this.#grid ??= new SeatGrid(this.#use.plan)
    return this.#grid
  }

  /** Everything that determines the picture from this camera. */
  scene(camera: Camera): Scene {
    const { plan, states, leftWords } = this.#use
    const { screen } = this.#use.camera
    const scale = camera.scale
    if (this.#pictures === null || this.#pictures.step !== scale * plan.pitch) {
      this.#pictures = new SeatPictures(plan.prices, this.#palette, scale * plan.pitch)
    }
    return {
      plan,
      states,
      grid: () => this.grid(),
      camera,
      screen,
      palette: this.#palette,
      pictures: this.#pictures,
      shapes: this.#shapes,
      step: step(camera, screen, plan.pitch),
      yours: this.#yours,
      offered: this.#offered,
      cursor: this.#cursor,
      leftWords,
    }
  }

  #draw(): void {
    this.#frame = null
    const { width, height } = this.#use.camera.screen
    if (width === 0) return
    this.#use.camera.advance()
    const camera = this.#use.camera.now
    const before = this.#painted
    const scene = this.scene(camera)
    const all = { left: 0, top: 0, right: width, bottom: height }
    const [dx, dy] = before === null ? [0, 0] : [camera.x - before.x, camera.y - before.y]
    if (before === null || before.scale !== camera.scale || Math.abs(dx) >= width || Math.abs(dy) >= height) {
      paint(this.#context, scene, all)
    } else {
      if (dx !== 0 || dy !== 0) {
        this.#context.drawImage(this.#context.canvas, dx, dy)
        if (dx !== 0) paint(this.#context, scene, { ...all, ...(dx > 0 ? { right: dx } : { left: width + dx }) })
        if (dy !== 0) paint(this.#context, scene, { ...all, ...(dy > 0 ? { bottom: dy } : { top: height + dy }) })
      }
      for (const { box, margin } of this.#patches) {
        const { left, top, right, bottom } = screenBox(scene, box, 0)
        // Whole pixels, so that no seams show.
        const part = {
          left: Math.max(0, Math.floor(left - margin)),
          top: Math.max(0, Math.floor(top - margin)),
          right: Math.min(width, Math.ceil(right + margin)),
          bottom: Math.min(height, Math.ceil(bottom + margin)),
        }
        if (part.left < part.right && part.top < part.bottom) paint(this.#context, scene, part)
      }
    }
    this.#patches = []
    this.#painted = camera
    if (this.#use.camera.isFlying) this.request()
  }
}
