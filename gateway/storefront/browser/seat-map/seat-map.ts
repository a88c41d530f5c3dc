import { SeatGrid } from './grid.ts'
import type { Cursor } from './keys.ts'
import { MapCamera, type Outlook } from './map-camera.ts'
import { paint } from './paint.ts'
import { cursorBox } from './paint-overlays.ts'
import { type Palette, readPalette } from './palette.ts'
import { type Box, boxAround, isInside, type Plan } from './plan.ts'
import { followPointers, type Point } from './pointers.ts'
import { makeShapes, type Scene, type SectionShapes, screenBox } from './scene.ts'
import { SeatPictures } from './seat-shapes.ts'
import type { SeatStates } from './states.ts'
import { type Camera, step } from './view.ts'

export interface SeatMapUse {
  readonly canvas: HTMLCanvasElement
  readonly plan: Plan
  readonly states: SeatStates
  leftWords(free: number): string
  onSeat(seat: number): void
  onArea(area: number): void
}

/** More changed places than this in one frame repaint all. */
const maxPatches = 60
/** CSS pixels between neighbours after a press on a section: large enough to press a seat. */
const closeStep = 16
/** So near a seat, in CSS pixels, a press means it. */
const reach = 11

/** A part of the plan to be painted anew. */
interface Patch {
  readonly box: Box
  /** Device pixels around it. */
  readonly margin: number
}

/** Draws a house on a canvas and keeps it up to date. While it is moved, only what comes into sight is painted. */
export class SeatMap {
  readonly #use: SeatMapUse
  readonly #context: CanvasRenderingContext2D
  readonly #camera: MapCamera
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

  constructor(use: SeatMapUse) {
    this.#use = use
    const context = use.canvas.getContext('2d', { alpha: false })
    if (context === null) throw new Error('this browser has no canvas')
    this.#context = context
    this.#camera = new MapCamera(use.plan, () => this.#moved())
    this.#shapes = makeShapes(use.plan)
    this.#palette = readPalette(use.canvas)
    new ResizeObserver(() => this.#resize()).observe(use.canvas)
    for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
      matchMedia(query).addEventListener('change', () => this.#restyle())
    }
    // Names are painted in the fallback face until then.
    void document.fonts.load(`700 13px ${this.#palette.face}`).then(() => this.repaint())
    followPointers(use.canvas, {
      pan: (by) => this.#camera.panBy(by),
      zoom: (factor, at) => this.#camera.zoomAt(factor, at),
      press: (at) => this.#press(at),
      hover: (at) => {
        use.canvas.style.cursor = at !== null && this.#placeAt(at) !== null ? 'pointer' : 'grab'
      },
    })
    this.#resize()
  }

  /** Chosen seats and those of the own hold. */
  setYours(seats: ReadonlySet<number>): void {
    const before = this.#yours
    this.#yours = seats
    this.#patchSeats([...before, ...seats].filter((seat) => before.has(seat) !== seats.has(seat)))
  }

  /** Rings seats that are offered. */
  setOffered(seats: readonly number[]): void {
    const before = this.#offered
    this.#offered = seats
    this.#patchSeats([...before, ...seats])
  }

  /** Rings the place where the keyboard is, and brings it into sight. */
  setCursor(cursor: Cursor | null): void {
    this.#cursor = cursor
    this.repaint()
    if (cursor === null || this.#camera.screen.width === 0) return
    const { plan } = this.#use
    if (cursor.kind === 'seat') {
      if (this.#camera.level !== 'seats') this.#camera.flyToPoint(this.#middleOf(cursor.index), closeStep * 1.25)
    } else if (cursor.kind === 'row') {
      const row = plan.rows[cursor.index]
      if (row !== undefined) this.#camera.flyToBox(row.box, { atLeast: closeStep * 0.75, atMost: closeStep * 1.25 })
    } else if (this.#camera.level === 'seats') this.showWhole()
    this.#bringIntoSight()
  }

  /** Seats have another state. */
  statesChanged(seats: readonly number[]): void {
    this.#patchSeats(seats)
  }

  /** Paints all anew: after a snapshot, or where areas changed. */
  repaint(): void {
    this.#painted = null
    this.#request()
  }

  zoomBy(factor: number): void {
    this.#camera.zoomBy(factor)
  }

  showWhole(): void {
    this.#camera.showWhole()
  }

  /** Flies to seats until they can be told apart. */
  showSeats(seats: readonly number[]): void {
    const { plan } = this.#use
    const boxes = seats.map((seat) => pointBox(this.#middleOf(seat)))
    if (boxes.length === 0) return
    const box = boxAround(boxes)
    const margin = plan.pitch * 5
    const around = {
      left: box.left - margin,
      top: box.top - margin,
      right: box.right + margin,
      bottom: box.bottom + margin,
    }
    this.#camera.flyToBox(around, { atLeast: 0, atMost: 24 })
  }

  showSection(section: number): void {
    const found = this.#use.plan.sections[section]
    if (found !== undefined) this.#camera.flyToBox(found.box, { atLeast: closeStep, atMost: 28 })
  }

  /** Null while the whole house shows. */
  get outlook(): Outlook | null {
    return this.#camera.outlook
  }

  /** Goes back to an outlook, without flying. */
  set outlook(outlook: Outlook | null) {
    this.#camera.wish(outlook)
    if (this.#camera.screen.width > 0) this.#resize()
  }

  #resize(): void {
    const { canvas } = this.#use
    const ratio = Math.min(2, devicePixelRatio)
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)]
    if (width === 0 || height === 0) return
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width
      canvas.height = height
    }
    this.#camera.resize({ width, height, ratio })
    this.#pictures = null
    this.#allowScrolling()
    this.repaint()
  }

  #restyle(): void {
    this.#palette = readPalette(this.#use.canvas)
    this.#pictures = null
    this.repaint()
  }

  #moved(): void {
    this.#allowScrolling()
    this.#request()
  }

  /** While the whole house shows, a finger scrolls the page. */
  #allowScrolling(): void {
    this.#use.canvas.style.touchAction = this.#camera.isWhole() ? 'pan-y' : 'none'
  }

  /** Moves as little as shows the ring of the keyboard whole. */
  #bringIntoSight(): void {
    const camera = this.#camera.target
    const box = cursorBox(this.#scene(camera))
    if (box === undefined) return
    const { width, height, ratio } = this.#camera.screen
    const space = 24 * ratio
    const by = (from: number, to: number, length: number): number => {
      if (to - from > length - 2 * space) return length / 2 - (from + to) / 2
      return from < space ? space - from : to > length - space ? length - space - to : 0
    }
    const [x, y] = [by(box.left, box.right, width), by(box.top, box.bottom, height)]
    if (x === 0 && y === 0) return
    this.#camera.flyTo({ ...camera, x: Math.round(camera.x + x), y: Math.round(camera.y + y) })
  }

  #middleOf(seat: number): { x: number; y: number } {
    return { x: this.#use.plan.x[seat] ?? 0, y: this.#use.plan.y[seat] ?? 0 }
  }

  #placeAt({ x, y }: Point): { kind: 'seat' | 'area' | 'section'; index: number } | null {
    const { plan } = this.#use
    const { ratio } = this.#camera.screen
    const { scale, x: left, y: top } = this.#camera.now
    const [px, py] = [(x * ratio - left) / scale, (y * ratio - top) / scale]
    if (this.#camera.level === 'seats') {
      const seat = this.#seatGrid().nearest(px, py, Math.max(plan.pitch * 0.7, (reach * ratio) / scale))
      if (seat !== undefined) return { kind: 'seat', index: seat }
    }
    const area = plan.areas.findIndex(({ outline }) => outline !== null && isInside(outline, px, py))
    if (area >= 0) return { kind: 'area', index: area }
    const section = plan.sections.findIndex(({ outline }) => isInside(outline, px, py))
    if (section >= 0) return { kind: 'section', index: section }
    // A thin section has little inside.
    const near = this.#seatGrid().nearest(px, py, Math.max(plan.pitch * 1.5, (reach * ratio) / scale))
    return near === undefined ? null : { kind: 'section', index: plan.section[near] ?? 0 }
  }

  #press(at: Point): void {
    const place = this.#placeAt(at)
    if (place?.kind === 'seat') this.#use.onSeat(place.index)
    else if (place?.kind === 'area') this.#use.onArea(place.index)
    else if (place?.kind === 'section' && this.#camera.level !== 'seats') this.showSection(place.index)
  }

  #patchSeats(seats: readonly number[]): void {
    if (seats.length === 0) return
    const { plan } = this.#use
    if (this.#camera.level !== 'seats' || this.#camera.isFlying || this.#patches.length + seats.length > maxPatches) {
      this.#patchLarge(seats)
      return
    }
    const margin = Math.max(1.5 * plan.pitch * this.#camera.now.scale, 12 * this.#camera.screen.ratio)
    for (const seat of seats) this.#patches.push({ box: pointBox(this.#middleOf(seat)), margin })
    this.#request()
  }

  /** Away from single seats a change shows in its section; pins of yours may join or part. */
  #patchLarge(seats: readonly number[]): void {
    const { plan } = this.#use
    const sections = new Set(seats.map((seat) => plan.section[seat] ?? 0))
    if (
      this.#camera.isFlying ||
      this.#patches.length + sections.size > maxPatches ||
      sections.size > plan.sections.length / 2
    ) {
      this.repaint()
      return
    }
    const margin = 3 * plan.pitch * this.#camera.now.scale + 14 * this.#camera.screen.ratio
    for (const index of sections) {
      const section = plan.sections[index]
      if (section !== undefined) this.#patches.push({ box: section.box, margin })
    }
    this.#request()
  }

  #seatGrid(): SeatGrid {
    this.#grid ??= new SeatGrid(this.#use.plan)
    return this.#grid
  }

  #request(): void {
    this.#frame ??= requestAnimationFrame(() => this.#draw())
  }

  #scene(camera: Camera): Scene {
    const { plan, states, leftWords } = this.#use
    const scale = camera.scale
    if (this.#pictures === null || this.#pictures.step !== scale * plan.pitch) {
      this.#pictures = new SeatPictures(plan.prices, this.#palette, scale * plan.pitch)
    }
    return {
      plan,
      states,
      grid: () => this.#seatGrid(),
      camera,
      screen: this.#camera.screen,
      palette: this.#palette,
      pictures: this.#pictures,
      shapes: this.#shapes,
      step: step(camera, this.#camera.screen, plan.pitch),
      yours: this.#yours,
      offered: this.#offered,
      cursor: this.#cursor,
      leftWords,
    }
  }

  #draw(): void {
    this.#frame = null
    const { width, height } = this.#camera.screen
    if (width === 0) return
    if (this.#camera.isFlying) {
      this.#camera.advance()
      this.#allowScrolling()
    }
    const camera = this.#camera.now
    const before = this.#painted
    const scene = this.#scene(camera)
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
        // Whole pixels, so that the edges stay invisible.
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
    if (this.#camera.isFlying) this.#request()
  }
}

function pointBox({ x, y }: Point): Box {
  return { left: x, right: x, top: y, bottom: y }
}
