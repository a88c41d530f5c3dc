import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewEvent } from '#shared/contracts/event.ts'

/** One price of an event. Places of one price have one colour and one shape everywhere. */
export interface Price {
  readonly priceMinor: number
  /** The tiers and areas with this price. */
  readonly names: readonly string[]
  /** 1 to 5, highest price first; see the tokens `price-1` … `price-5`. */
  readonly colour: number
  readonly shape: PriceShape
}

const priceShapes = ['circle', 'square', 'diamond', 'triangle', 'hexagon'] as const
export type PriceShape = (typeof priceShapes)[number]

type PricedEvent = Pick<ReplyOf<typeof viewEvent>, 'price_tiers' | 'areas'>

/** The prices of an event, highest first. */
export function pricesOf({ price_tiers, areas }: PricedEvent): Price[] {
  const names = new Map<number, string[]>()
  for (const { name, price_minor } of [...price_tiers, ...areas]) {
    const same = names.get(price_minor) ?? []
    if (!same.includes(name)) same.push(name)
    names.set(price_minor, same)
  }
  return Array.from(names)
    .sort(([one], [other]) => other - one)
    .map(([priceMinor, same], index) => ({ priceMinor, names: same, ...markOf(index) }))
}

/** After five prices the colours repeat with other shapes. */
export function markOf(index: number): { colour: number; shape: PriceShape } {
  const count = priceShapes.length
  const shape = priceShapes[(index + Math.floor(index / count)) % count] ?? 'circle'
  return { colour: (index % count) + 1, shape }
}

/** The outline of a price's shape around 0, 0, as SVG and `Path2D` read it. Shapes of one radius look equally large. */
export function shapePath(shape: PriceShape, radius: number): string {
  const at = (factor: number): number => Math.round(factor * radius * 100) / 100
  switch (shape) {
    case 'circle':
      return `M${at(-1)} 0A${at(1)} ${at(1)} 0 1 1 ${at(1)} 0A${at(1)} ${at(1)} 0 1 1 ${at(-1)} 0Z`
    case 'square':
      return `M${at(-0.84)} ${at(-0.84)}H${at(0.84)}V${at(0.84)}H${at(-0.84)}Z`
    case 'diamond':
      return `M0 ${at(-1.08)}L${at(1.08)} 0L0 ${at(1.08)}L${at(-1.08)} 0Z`
    case 'triangle':
      return `M0 ${at(-1.06)}L${at(1.12)} ${at(0.9)}H${at(-1.12)}Z`
    case 'hexagon':
      return `M${at(-1.04)} 0L${at(-0.52)} ${at(-0.9)}H${at(0.52)}L${at(1.04)} 0L${at(0.52)} ${at(0.9)}H${at(-0.52)}Z`
  }
}
