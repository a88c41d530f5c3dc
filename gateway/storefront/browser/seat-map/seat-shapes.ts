import { type Price, shapePath } from '../../views/prices.ts'
import type { Palette } from './palette.ts'
import { accessibility } from './plan.ts'
import { seatState } from './states.ts'

/** A small picture of a seat, centred on the seat's position. */
export interface SeatPicture {
  readonly image: CanvasImageSource
  /** Half of its side, in device pixels. */
  readonly half: number
}

export interface Look {
  readonly price: number
  /** A value of `seatState`. */
  readonly state: number
  readonly accessible: number
  readonly isYours: boolean
}

/** Pictures of seats, painted once for each size, price and state, then copied. */
export class SeatPictures {
  readonly #prices: readonly Price[]
  readonly #palette: Palette
  /** Distance of neighbouring seats in device pixels. */
  readonly step: number
  readonly #made = new Map<number, SeatPicture>()

  constructor(prices: readonly Price[], palette: Palette, step: number) {
    this.#prices = prices
    this.#palette = palette
    this.step = step
  }

  of({ price, state, accessible, isYours }: Look): SeatPicture {
    const kind = isYours ? 4 : state
    // A price index fits in a byte.
    const key = kind === seatState.sold ? -1 : (price * 5 + kind) * 3 + accessible
    const made = this.#made.get(key) ?? this.#make(price, kind, accessible)
    this.#made.set(key, made)
    return made
  }

  #make(price: number, kind: number, accessible: number): SeatPicture {
    const radius = this.step * 0.43
    const half = Math.ceil(this.step * 0.8) + 2
    const image = new OffscreenCanvas(half * 2, half * 2)
    const context = image.getContext('2d')
    if (context === null) return { image, half }
    context.translate(half, half)
    if (kind === 4) this.#drawYours(context, radius)
    else if (kind === seatState.sold) this.#drawSold(context, radius)
    else if (kind !== seatState.blocked)
      this.#drawPriced(context, { price, radius, isHeld: kind === seatState.held, accessible })
    return { image, half }
  }

  #drawSold(context: OffscreenCanvasRenderingContext2D, radius: number): void {
    context.fillStyle = this.#palette.quiet
    context.fill(disc(Math.max(0.9, radius * 0.3)))
  }

  #drawYours(context: OffscreenCanvasRenderingContext2D, radius: number): void {
    const { stock, torch, torchInk, ink } = this.#palette
    const own = radius * 1.3
    context.fillStyle = stock
    context.fill(disc(own * 1.22))
    context.fillStyle = torch
    context.fill(disc(own))
    context.lineWidth = Math.max(1.5, own * 0.16)
    context.strokeStyle = ink
    context.stroke(disc(own))
    drawTick(context, own, torchInk)
  }

  #drawPriced(
    context: OffscreenCanvasRenderingContext2D,
    { price, radius, isHeld, accessible }: { price: number; radius: number; isHeld: boolean; accessible: number },
  ): void {
    const { shape = 'circle', colour = 1 } = this.#prices[price] ?? {}
    const tint = this.#palette.prices[colour - 1] ?? this.#palette.ink
    const hasRing = accessible !== accessibility.none
    const line = Math.max(1, radius * 0.16)
    const path = new Path2D(shapePath(shape, (isHeld ? radius - line / 2 : radius) * (hasRing ? 0.72 : 1)))
    context.fillStyle = tint
    context.strokeStyle = tint
    context.lineWidth = line
    if (isHeld) {
      context.stroke(path)
      context.fill(disc(radius * 0.24))
    } else context.fill(path)
    if (!hasRing) return
    context.lineWidth = Math.max(1, radius * 0.14)
    const side = radius * 1.02
    context.strokeRect(-side, -side, side * 2, side * 2)
  }
}

/** Draws the tick of the buyer's seats, also on pins. */
export function drawTick(
  context: CanvasPath & CanvasDrawPath & CanvasPathDrawingStyles & CanvasFillStrokeStyles,
  radius: number,
  colour: string,
): void {
  context.beginPath()
  context.moveTo(-radius * 0.42, radius * 0.04)
  context.lineTo(-radius * 0.12, radius * 0.36)
  context.lineTo(radius * 0.44, -radius * 0.34)
  context.lineWidth = Math.max(1.2, radius * 0.22)
  context.strokeStyle = colour
  context.stroke()
}

/** A circle around 0, 0. */
export function disc(radius: number): Path2D {
  const path = new Path2D()
  path.arc(0, 0, radius, 0, 2 * Math.PI)
  return path
}
