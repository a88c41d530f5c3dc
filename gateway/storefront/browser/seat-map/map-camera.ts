import type { Box } from './geometry.ts'
import type { Plan } from './plan.ts'
import type { Point } from './pointers.ts'
import {
  between,
  type Camera,
  centred,
  clamped,
  fitted,
  type Level,
  levelOf,
  type Screen,
  scaleLimits,
  step,
  zoomedAt,
} from './view.ts'

/** The view, independent of the canvas size: a point of the plan, and the distance of neighbouring seats in CSS pixels. */
export interface Outlook {
  readonly x: number
  readonly y: number
  readonly step: number
}

const flightMs = 240

interface Flight {
  readonly from: Camera
  readonly to: Camera
  /** `performance.now()` */
  readonly startedAt: number
}

/** The view of a map: jumps or flies within the limits of its plan. Calls `moved` when a frame is due. */
export class MapCamera {
  readonly #plan: Plan
  readonly #moved: () => void
  #screen: Screen = { width: 0, height: 0, ratio: 1 }
  #camera: Camera = { scale: 1, x: 0, y: 0 }
  #flight: Flight | null = null
  /** An outlook requested before the canvas had a size. */
  #wished: Outlook | null = null

  constructor(plan: Plan, moved: () => void) {
    this.#plan = plan
    this.#moved = moved
  }

  get screen(): Screen {
    return this.#screen
  }

  get now(): Camera {
    return this.#camera
  }

  /** The end of a flight, or else the current camera. */
  get target(): Camera {
    return this.#flight?.to ?? this.#camera
  }

  get isFlying(): boolean {
    return this.#flight !== null
  }

  get level(): Level {
    return levelOf(step(this.#camera, this.#screen, this.#plan.pitch))
  }

  /** The canvas has another size: keeps the outlook, or else shows the whole map. */
  resize(screen: Screen): void {
    const isFirst = this.#screen.width === 0
    const kept = this.#wished ?? (isFirst ? null : this.outlook)
    this.#wished = null
    this.#screen = screen
    this.#flight = null
    this.#camera =
      kept === null
        ? this.#whole()
        : this.#limited(centred(kept, (kept.step * screen.ratio) / this.#plan.pitch, screen))
  }

  /** Null while the whole map is shown. */
  get outlook(): Outlook | null {
    if (this.#wished !== null || this.#screen.width === 0 || this.isWhole()) return this.#wished
    const { width, height } = this.#screen
    const { scale, x, y } = this.#camera
    return {
      x: (width / 2 - x) / scale,
      y: (height / 2 - y) / scale,
      step: step(this.#camera, this.#screen, this.#plan.pitch),
    }
  }

  /** The next `resize` shows this outlook, without a flight. */
  wish(outlook: Outlook | null): void {
    this.#wished = outlook
  }

  /** Whether the whole map is shown, or will be at the end of a flight. */
  isWhole(): boolean {
    return this.target.scale <= this.#whole().scale * 1.001
  }

  /** Pans by CSS pixels. */
  panBy({ x, y }: Point): void {
    const { ratio } = this.#screen
    this.moveTo({
      ...this.#camera,
      x: this.#camera.x + Math.round(x * ratio),
      y: this.#camera.y + Math.round(y * ratio),
    })
  }

  zoomAt(factor: number, at: Point): void {
    const target = this.#zoomed(factor, at)
    this.moveTo(target)
  }

  /** Flies closer to the middle, or farther away. */
  zoomBy(factor: number): void {
    const { width, height, ratio } = this.#screen
    this.flyTo(this.#zoomed(factor, { x: width / ratio / 2, y: height / ratio / 2 }))
  }

  showWhole(): void {
    this.flyTo(this.#whole())
  }

  moveTo(camera: Camera): void {
    this.#flight = null
    this.#camera = this.#limited(camera)
    this.#moved()
  }

  flyTo(target: Camera): void {
    const to = this.#limited(target)
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
      this.moveTo(to)
      return
    }
    this.#flight = { from: this.#camera, to, startedAt: performance.now() }
    this.#moved()
  }

  /** `stepPx`: distance of neighbouring seats in CSS pixels. */
  flyToPoint(point: Point, stepPx: number): void {
    this.flyTo(centred(point, (stepPx * this.#screen.ratio) / this.#plan.pitch, this.#screen))
  }

  /** `atLeast`, `atMost`: distance of neighbouring seats in CSS pixels. */
  flyToBox(box: Box, { atLeast, atMost }: { atLeast: number; atMost: number }): void {
    const camera = fitted(box, this.#screen, { pitch: this.#plan.pitch, maxStep: atMost })
    const middle = { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 }
    if (step(camera, this.#screen, this.#plan.pitch) < atLeast) this.flyToPoint(middle, atLeast)
    else this.flyTo(camera)
  }

  /** Takes the next step of a flight. */
  advance(): void {
    if (this.#flight === null) return
    const { from, to, startedAt } = this.#flight
    const share = Math.min(1, (performance.now() - startedAt) / flightMs)
    const eased = 1 - (1 - share) ** 3
    this.#camera = between(from, to, eased, this.#screen)
    if (share < 1) return
    this.#flight = null
    this.#camera = to
  }

  #whole(): Camera {
    return fitted(this.#plan.box, this.#screen, { pitch: this.#plan.pitch })
  }

  #limited(camera: Camera): Camera {
    const { min, max } = scaleLimits(this.#whole(), this.#screen, this.#plan.pitch)
    const scale = Math.min(max, Math.max(min, camera.scale))
    const { width, height } = this.#screen
    const middle = { x: (width / 2 - camera.x) / camera.scale, y: (height / 2 - camera.y) / camera.scale }
    return clamped(scale === camera.scale ? camera : centred(middle, scale, this.#screen), this.#plan.box, this.#screen)
  }

  #zoomed(factor: number, at: Point): Camera {
    const { ratio } = this.#screen
    const limits = scaleLimits(this.#whole(), this.#screen, this.#plan.pitch)
    const zoomed = zoomedAt(this.target, factor, { x: at.x * ratio, y: at.y * ratio }, limits)
    return clamped(zoomed, this.#plan.box, this.#screen)
  }
}
