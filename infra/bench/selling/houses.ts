import { organiserKey } from '../../system/temporary-settings.ts'
import type { Bench } from '../bench.ts'
import { createEvent } from '../organise.ts'

export const seatsPerHouse = 20_000
const sections = 4
const rowsPerSection = 125
const seatsPerRow = 40

/** Places that are asked for in each house; the very last ones of a house are refused more than sold. */
const placesPerHouse = 0.9 * seatsPerHouse

/** Answers the house in which the next `qty` places are to be bought; `undefined` when all are sold. */
export type NextHouse = (qty: number) => string | undefined

/** Opens enough houses for the places; they are sold one after the other. */
export async function openHouses(url: string, places: number, { bar }: Bench): Promise<NextHouse> {
  const count = Math.ceil(places / placesPerHouse)
  const progress = bar('houses opened')
  const ids: string[] = []
  while (ids.length < count) {
    ids.push(await openHouse(url))
    progress.show(ids.length, count)
  }
  progress.clear()
  let asked = 0
  return (qty) => {
    const id = ids[Math.floor(asked / placesPerHouse)]
    asked += qty
    return id
  }
}

/** An event of one house, in straight rows. Answers its id. */
export function openHouse(url: string): Promise<string> {
  return createEvent(
    { url, key: organiserKey },
    {
      name: 'Selling bench',
      sections: Array.from({ length: sections }, (_, index) => ({
        name: `Section ${index + 1}`,
        rows: rowsPerSection,
        seats_per_row: seatsPerRow,
        price_minor: 5_000 - index * 1_000,
      })),
    },
  )
}
