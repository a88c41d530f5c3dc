import { createHash } from 'node:crypto'
import type { Layout, LayoutRow } from '#shared/contracts/layout.ts'
import type { PriceStep } from '#shared/contracts/places.ts'
import type { FieldError } from '#shared/errors.ts'

/** The seats and GA tickets of an event with their prices. */
export interface Seating {
  readonly layout: Layout
  /** Price of each category, in the layout's order. */
  readonly categoryPricesMinor: readonly number[]
  /** Steps of each category, in the layout's order. */
  readonly priceSteps: readonly (readonly PriceStep[])[]
  /** Price of each area, in the layout's order. */
  readonly areaPricesMinor: readonly number[]
  readonly currency: string
}

/** Equal places at equal prices have the same digest. */
export function seatingHash({ layout, categoryPricesMinor, priceSteps, areaPricesMinor, currency }: Seating): string {
  return createHash('sha256')
    .update(JSON.stringify([layout, categoryPricesMinor, priceSteps, areaPricesMinor, currency]))
    .digest('hex')
}

/** What is wrong with a layout whose members are all well formed. Pointers begin with `/layout`. */
export function layoutFaults(layout: Layout): FieldError[] {
  const rows = layout.rows.flatMap((row, index) => {
    const detail = rowFault(row, layout.categories.length)
    return detail === null ? [] : [{ pointer: `/layout/rows/${index}`, detail }]
  })
  return [...rows, ...areaFaults(layout.areas, '/layout/areas')]
}

/** Area names must be unique, because GA tickets are requested by area name. */
export function areaFaults(areas: readonly { readonly name: string }[], pointer: string): FieldError[] {
  const names = new Set<string>()
  return areas.flatMap(({ name }, index) => {
    const known = names.has(name)
    names.add(name)
    return known ? [{ pointer: `${pointer}/${index}/name`, detail: 'is the name of another area' }] : []
  })
}

/** Prices of categories or areas, in the order of their names: each has its own price, else the common one. */
export function pricesByName(
  names: readonly string[],
  { priceMinor, byName }: { priceMinor: number; byName: Readonly<Record<string, number>> },
): number[] {
  const prices = new Map(Object.entries(byName))
  return names.map((name) => prices.get(name) ?? priceMinor)
}

/** Category of one seat of a row. */
export function categoryOf({ category }: LayoutRow, index: number): number | undefined {
  return typeof category === 'number' ? category : category[index]
}

function rowFault(
  { seats, x, y, category, companions = [], accessible }: LayoutRow,
  categories: number,
): string | null {
  if (x.length !== seats.length || y.length !== seats.length) return 'needs one x and one y for each seat'
  if (typeof category !== 'number' && category.length !== seats.length) return 'needs one category for each seat'
  if ([category].flat().some((index) => index >= categories)) return 'names a category that the layout does not have'
  if (companions.length > 0 && !accessible) return 'has companion seats but is not accessible'
  if (companions.some((index) => index >= seats.length)) return 'names a companion seat that it does not have'
  return null
}
