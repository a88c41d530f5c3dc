import { boxAround, grown, isInside, pointBox } from './geometry.ts'
import type { Cursor } from './keys.ts'
import { MapCamera, type Outlook } from './map-camera.ts'
import { MapPicture } from './map-picture.ts'
import { cursorBox } from './paint-overlays.ts'
import { type Plan, pointOf } from './plan.ts'
import { followPointers, type Point } from './pointers.ts'
import type { SeatStates } from './states.ts'
import type { Screen } from './view.ts'

export interface SeatMapUse {
  readonly canvas: HTMLCanvasElement
  readonly plan: Plan
  readonly states: SeatStates
  leftWords(free: number): string
  onSeat(seat: number): void
  onArea(area: number): void
}

/** Distance of neighbouring seats in CSS pixels after a press on a section: large enough to press a seat. */
const closeStep = 16
/** A press selects a seat within this distance, in CSS pixels. */
const reach = 11

/** A seat map on a canvas: its view, and the meaning of a press. */
export class SeatMap {
  readonly #use: SeatMapUse
  readonly #camera: MapCamera
  readonly picture: MapPicture

  constructor(use: SeatMapUse) {
    this.#use = use
    const { canvas, plan, states, leftWords } = use
    this.#camera = new MapCamera(plan, () => this.#moved())
    this.picture = new MapPicture({ canvas, plan, states, camera: this.#camera, leftWords })
    new ResizeObserver(() => this.#resize()).observe(canvas)
    followPointers(canvas, {
      pan: (by) => this.#camera.panBy(by),
      zoom: (factor, at) => this.#camera.zoomAt(factor, at),
      press: (at) => this.#press(at),
      hover: (at) => {
        canvas.style.cursor = at !== null && this.#placeAt(at) !== null ? 'pointer' : 'grab'
      },
    })
    this.#resize()
  }

  /** Shows the keyboard cursor around a place and moves it into view. */
  setCursor(cursor: Cursor | null): void {
    this.picture.setCursor(cursor)
    if (cursor === null || this.#camera.screen.width === 0) return
    const { plan } = this.#use
    if (cursor.kind === 'seat') {
      if (this.#camera.level !== 'seats') this.#camera.flyToPoint(pointOf(plan, cursor.index), closeStep * 1.25)
    } else if (cursor.kind === 'row') {
      const row = plan.rows[cursor.index]
      if (row !== undefined) this.#camera.flyToBox(row.box, { atLeast: closeStep * 0.75, atMost: closeStep * 1.25 })
    } else if (this.#camera.level === 'seats') this.showWhole()
    this.#bringIntoSight()
  }

  zoomBy(factor: number): void {
    this.#camera.zoomBy(factor)
  }

  showWhole(): void {
    this.#camera.showWhole()
  }

  /** Flies to seats, close enough to tell them apart. */
  showSeats(seats: readonly number[]): void {
    if (seats.length === 0) return
    const { plan } = this.#use
    const box = boxAround(seats.map((seat) => pointBox(pointOf(plan, seat))))
    this.#camera.flyToBox(grown(box, plan.pitch * 5), { atLeast: 0, atMost: 24 })
  }

  /** Null while the whole map is shown. */
  get outlook(): Outlook | null {
    return this.#camera.outlook
  }

  /** Restores an outlook, without a flight. */
  set outlook(outlook: Outlook | null) {
    this.#camera.wish(outlook)
    if (this.#camera.screen.width > 0) this.#show(this.#camera.screen)
  }

  #resize(): void {
    const { canvas } = this.#use
    const ratio = Math.min(2, devicePixelRatio)
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)]
    const { screen } = this.#camera
    if (width === 0 || height === 0) return
    // The observer also calls once at the start.
    if (screen.width === width && screen.height === height && screen.ratio === ratio) return
    canvas.width = width
    canvas.height = height
    this.#show({ width, height, ratio })
  }

  #show(screen: Screen): void {
    this.#camera.resize(screen)
    this.#allowScrolling()
    this.picture.repaint()
  }

  #moved(): void {
    this.#allowScrolling()
    this.picture.request()
  }

  /** While the whole map is shown, a finger scrolls the page. */
  #allowScrolling(): void {
    this.#use.canvas.style.touchAction = this.#camera.isWhole() ? 'pan-y' : 'none'
  }

  /** Pans as little as possible to show the keyboard cursor completely. */
  #bringIntoSight(): void {
    const camera = this.#camera.target
    const box = cursorBox(this.picture.scene(camera))
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

  #placeAt({ x, y }: Point): { kind: 'seat' | 'area' | 'section'; index: number } | null {
    const { plan } = this.#use
    const { ratio } = this.#camera.screen
    const { scale, x: left, y: top } = this.#camera.now
    const [px, py] = [(x * ratio - left) / scale, (y * ratio - top) / scale]
    const nearest = (pitches: number): number | undefined =>
      this.picture.grid().nearest(px, py, Math.max(plan.pitch * pitches, (reach * ratio) / scale))
    if (this.#camera.level === 'seats') {
      const seat = nearest(0.7)
      if (seat !== undefined) return { kind: 'seat', index: seat }
    }
    const area = plan.areas.findIndex(({ outline }) => outline !== null && isInside(outline, px, py))
    if (area >= 0) return { kind: 'area', index: area }
    const section = plan.sections.findIndex(({ outline }) => isInside(outline, px, py))
    if (section >= 0) return { kind: 'section', index: section }
    // A thin section has few points inside.
    const near = nearest(1.5)
    return near === undefined ? null : { kind: 'section', index: plan.section[near] ?? 0 }
  }

  #press(at: Point): void {
    const place = this.#placeAt(at)
    if (place?.kind === 'seat') this.#use.onSeat(place.index)
    else if (place?.kind === 'area') this.#use.onArea(place.index)
    else if (place?.kind === 'section' && this.#camera.level !== 'seats') {
      const section = this.#use.plan.sections[place.index]
      if (section !== undefined) this.#camera.flyToBox(section.box, { atLeast: closeStep, atMost: 28 })
    }
  }
}
