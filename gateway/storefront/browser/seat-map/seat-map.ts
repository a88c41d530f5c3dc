import { SeatGrid } from './grid.ts'
import type { Cursor } from './keys.ts'
import { paint } from './paint.ts'
import { cursorBox } from './paint-overlays.ts'
import { type Palette, readPalette } from './palette.ts'
import { type Box, boxAround, isInside, type Plan } from './plan.ts'
import { followPointers, type Point } from './pointers.ts'
import { makeShapes, type Scene, type SectionShapes, screenBox } from './scene.ts'
import { SeatPictures } from './seat-shapes.ts'
import type { SeatStates } from './states.ts'
import {
  between,
  type Camera,
  centred,
  clamped,
  fitted,
  levelOf,
  type Screen,
  scaleLimits,
  step,
  zoomedAt,
} from './view.ts'

export interface SeatMapUse {
  readonly canvas: HTMLCanvasElement
  readonly plan: Plan
  readonly states: SeatStates
  leftWords(free: number): string
  onSeat(seat: number): void
  onArea(area: number): void
}

/** What is looked at, whatever the size of the canvas: a point of the plan, and how many CSS pixels neighbours are apart. */
export interface Outlook {
  readonly x: number
  readonly y: number
  readonly step: number
}

const flightMs = 240
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

interface Flight {
  readonly from: Camera
  readonly to: Camera
  /** `performance.now()` */
  readonly startedAt: number
}

/** Draws a house on a canvas and keeps it up to date. While it is moved, only what comes into sight is painted. */
export class SeatMap {
  readonly #use: SeatMapUse
  readonly #context: CanvasRenderingContext2D
  readonly #grid: SeatGrid
  readonly #shapes: SectionShapes
  #palette: Palette
  #pictures: SeatPictures | null = null
  #screen: Screen = { width: 0, height: 0, ratio: 1 }
  #camera: Camera = { scale: 1, x: 0, y: 0 }
  #painted: Camera | null = null
  #flight: Flight | null = null
  #frame: number | null = null
  #patches: Patch[] = []
  #yours: ReadonlySet<number> = new Set()
  #offered: readonly number[] = []
  #cursor: Cursor | null = null
  /** An outlook wished for before the canvas had a size. */
  #wished: Outlook | null = null

  constructor(use: SeatMapUse) {
    this.#use = use
    const context = use.canvas.getContext('2d', { alpha: false })
    if (context === null) throw new Error('this browser has no canvas')
    this.#context = context
    this.#grid = new SeatGrid(use.plan)
    this.#shapes = makeShapes(use.plan)
    this.#palette = readPalette(use.canvas)
    new ResizeObserver(() => this.#resize()).observe(use.canvas)
    for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
      matchMedia(query).addEventListener('change', () => this.#restyle())
    }
    // Names are painted in the fallback face until then.
    void document.fonts.load(`700 13px ${this.#palette.face}`).then(() => this.repaint())
    followPointers(use.canvas, {
      pan: ({ x, y }) =>
        this.#moveTo({
          ...this.#camera,
          x: this.#camera.x + Math.round(x * this.#screen.ratio),
          y: this.#camera.y + Math.round(y * this.#screen.ratio),
        }),
      zoom: (factor, at) => this.#zoomAt(factor, at),
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
    if (cursor === null || this.#screen.width === 0) return
    const { plan } = this.#use
    if (cursor.kind === 'seat') {
      if (this.#level() !== 'seats') this.#flyToPoint(this.#middleOf(cursor.index), closeStep * 1.25)
    } else if (cursor.kind === 'row') {
      const row = plan.rows[cursor.index]
      if (row !== undefined) this.#flyToBox(row.box, { atLeast: closeStep * 0.75, atMost: closeStep * 1.25 })
    } else if (this.#level() === 'seats') this.showWhole()
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
    const { width, height, ratio } = this.#screen
    const target = this.#zoomed(factor, { x: width / ratio / 2, y: height / ratio / 2 })
    this.#fly(target)
  }

  showWhole(): void {
    this.#fly(this.#whole())
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
    this.#flyToBox(around, { atLeast: 0, atMost: 24 })
  }

  showSection(section: number): void {
    const found = this.#use.plan.sections[section]
    if (found !== undefined) this.#flyToBox(found.box, { atLeast: closeStep, atMost: 28 })
  }

  /** Null while the whole house shows. */
  get outlook(): Outlook | null {
    if (this.#wished !== null || this.#screen.width === 0 || this.#isWhole()) return this.#wished
    const { width, height } = this.#screen
    const { scale, x, y } = this.#camera
    return {
      x: (width / 2 - x) / scale,
      y: (height / 2 - y) / scale,
      step: step(this.#camera, this.#screen, this.#use.plan.pitch),
    }
  }

  /** Goes back to an outlook, without flying. */
  set outlook(outlook: Outlook | null) {
    this.#wished = outlook
    if (this.#screen.width > 0) this.#resize()
  }

  #level() {
    return levelOf(step(this.#camera, this.#screen, this.#use.plan.pitch))
  }

  #resize(): void {
    const { canvas, plan } = this.#use
    const ratio = Math.min(2, devicePixelRatio)
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)]
    if (width === 0 || height === 0) return
    const isFirst = this.#screen.width === 0
    const kept = this.#wished ?? (isFirst ? null : this.outlook)
    this.#wished = null
    this.#screen = { width, height, ratio }
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width
      canvas.height = height
    }
    this.#flight = null
    this.#camera =
      kept === null ? this.#whole() : this.#limited(centred(kept, (kept.step * ratio) / plan.pitch, this.#screen))
    this.#pictures = null
    this.#allowScrolling()
    this.repaint()
  }

  #restyle(): void {
    this.#palette = readPalette(this.#use.canvas)
    this.#pictures = null
    this.repaint()
  }

  #whole(): Camera {
    return fitted(this.#use.plan.box, this.#screen, { pitch: this.#use.plan.pitch })
  }

  #isWhole(): boolean {
    return this.#camera.scale <= this.#whole().scale * 1.001
  }

  /** While the whole house shows, a finger scrolls the page. */
  #allowScrolling(): void {
    this.#use.canvas.style.touchAction = this.#isWhole() ? 'pan-y' : 'none'
  }

  #limited(camera: Camera): Camera {
    const { plan } = this.#use
    const { min, max } = scaleLimits(this.#whole(), this.#screen, plan.pitch)
    const scale = Math.min(max, Math.max(min, camera.scale))
    const { width, height } = this.#screen
    const middle = { x: (width / 2 - camera.x) / camera.scale, y: (height / 2 - camera.y) / camera.scale }
    return clamped(scale === camera.scale ? camera : centred(middle, scale, this.#screen), plan.box, this.#screen)
  }

  #zoomed(factor: number, at: Point): Camera {
    const { ratio } = this.#screen
    const limits = scaleLimits(this.#whole(), this.#screen, this.#use.plan.pitch)
    const from = this.#flight?.to ?? this.#camera
    return clamped(
      zoomedAt(from, factor, { x: at.x * ratio, y: at.y * ratio }, limits),
      this.#use.plan.box,
      this.#screen,
    )
  }

  #zoomAt(factor: number, at: Point): void {
    const target = this.#zoomed(factor, at)
    this.#flight = null
    this.#moveTo(target)
  }

  #moveTo(camera: Camera): void {
    this.#flight = null
    this.#camera = this.#limited(camera)
    this.#allowScrolling()
    this.#request()
  }

  #fly(target: Camera): void {
    const to = this.#limited(target)
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
      this.#moveTo(to)
      return
    }
    this.#flight = { from: this.#camera, to, startedAt: performance.now() }
    this.#request()
  }

  #flyToPoint(point: { x: number; y: number }, stepPx: number): void {
    this.#fly(centred(point, (stepPx * this.#screen.ratio) / this.#use.plan.pitch, this.#screen))
  }

  #flyToBox(box: Box, { atLeast, atMost }: { atLeast: number; atMost: number }): void {
    const { plan } = this.#use
    const camera = fitted(box, this.#screen, { pitch: plan.pitch, maxStep: atMost })
    const middle = { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 }
    if (step(camera, this.#screen, plan.pitch) < atLeast) this.#flyToPoint(middle, atLeast)
    else this.#fly(camera)
  }

  /** Moves as little as shows the ring of the keyboard whole. */
  #bringIntoSight(): void {
    const camera = this.#flight?.to ?? this.#camera
    const box = cursorBox(this.#scene(camera))
    if (box === undefined) return
    const { width, height, ratio } = this.#screen
    const space = 24 * ratio
    const by = (from: number, to: number, length: number): number => {
      if (to - from > length - 2 * space) return length / 2 - (from + to) / 2
      return from < space ? space - from : to > length - space ? length - space - to : 0
    }
    const [x, y] = [by(box.left, box.right, width), by(box.top, box.bottom, height)]
    if (x === 0 && y === 0) return
    this.#fly({ ...camera, x: Math.round(camera.x + x), y: Math.round(camera.y + y) })
  }

  #middleOf(seat: number): { x: number; y: number } {
    return { x: this.#use.plan.x[seat] ?? 0, y: this.#use.plan.y[seat] ?? 0 }
  }

  #placeAt({ x, y }: Point): { kind: 'seat' | 'area' | 'section'; index: number } | null {
    const { plan } = this.#use
    const { ratio } = this.#screen
    const { scale } = this.#camera
    const [px, py] = [(x * ratio - this.#camera.x) / scale, (y * ratio - this.#camera.y) / scale]
    if (this.#level() === 'seats') {
      const seat = this.#grid.nearest(px, py, Math.max(plan.pitch * 0.7, (reach * ratio) / scale))
      if (seat !== undefined) return { kind: 'seat', index: seat }
    }
    const area = plan.areas.findIndex(({ outline }) => outline !== null && isInside(outline, px, py))
    if (area >= 0) return { kind: 'area', index: area }
    const section = plan.sections.findIndex(({ outline }) => isInside(outline, px, py))
    if (section >= 0) return { kind: 'section', index: section }
    // A thin section has little inside.
    const near = this.#grid.nearest(px, py, Math.max(plan.pitch * 1.5, (reach * ratio) / scale))
    return near === undefined ? null : { kind: 'section', index: plan.section[near] ?? 0 }
  }

  #press(at: Point): void {
    const place = this.#placeAt(at)
    if (place?.kind === 'seat') this.#use.onSeat(place.index)
    else if (place?.kind === 'area') this.#use.onArea(place.index)
    else if (place?.kind === 'section' && this.#level() !== 'seats') this.showSection(place.index)
  }

  #patchSeats(seats: readonly number[]): void {
    if (seats.length === 0) return
    const { plan } = this.#use
    if (this.#level() !== 'seats' || this.#flight !== null || this.#patches.length + seats.length > maxPatches) {
      this.#patchLarge(seats)
      return
    }
    const margin = Math.max(1.5 * plan.pitch * this.#camera.scale, 12 * this.#screen.ratio)
    for (const seat of seats) this.#patches.push({ box: pointBox(this.#middleOf(seat)), margin })
    this.#request()
  }

  /** Away from single seats a change shows in its section; pins of yours may join or part. */
  #patchLarge(seats: readonly number[]): void {
    const { plan } = this.#use
    const sections = new Set(seats.map((seat) => plan.section[seat] ?? 0))
    if (
      this.#flight !== null ||
      this.#patches.length + sections.size > maxPatches ||
      sections.size > plan.sections.length / 2
    ) {
      this.repaint()
      return
    }
    const margin = 3 * plan.pitch * this.#camera.scale + 14 * this.#screen.ratio
    for (const index of sections) {
      const section = plan.sections[index]
      if (section !== undefined) this.#patches.push({ box: section.box, margin })
    }
    this.#request()
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
      grid: this.#grid,
      camera,
      screen: this.#screen,
      palette: this.#palette,
      pictures: this.#pictures,
      shapes: this.#shapes,
      step: step(camera, this.#screen, plan.pitch),
      yours: this.#yours,
      offered: this.#offered,
      cursor: this.#cursor,
      leftWords,
    }
  }

  #draw(): void {
    this.#frame = null
    const { width, height } = this.#screen
    if (width === 0) return
    this.#advance()
    const before = this.#painted
    const scene = this.#scene(this.#camera)
    const all = { left: 0, top: 0, right: width, bottom: height }
    const [dx, dy] = before === null ? [0, 0] : [this.#camera.x - before.x, this.#camera.y - before.y]
    if (before === null || before.scale !== this.#camera.scale || Math.abs(dx) >= width || Math.abs(dy) >= height) {
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
    this.#painted = this.#camera
    if (this.#flight !== null) this.#request()
  }

  #advance(): void {
    if (this.#flight === null) return
    const { from, to, startedAt } = this.#flight
    const share = Math.min(1, (performance.now() - startedAt) / flightMs)
    const eased = 1 - (1 - share) ** 3
    this.#camera = between(from, to, eased, this.#screen)
    if (share < 1) return
    this.#flight = null
    this.#camera = to
    this.#allowScrolling()
  }
}

function pointBox({ x, y }: Point): Box {
  return { left: x, right: x, top: y, bottom: y }
}
