import { ExplainedError } from '../../explained-error.ts'
import { organiserKey } from '../../system/temporary-settings.ts'

export const seatsPerHouse = 20_000
const sections = 4
const rowsPerSection = 125
const seatsPerRow = 40

/** So many places at most go by number; the very last ones of a house are refused more than sold. */
const soldShare = 0.9

/** Freshly stocked houses that are sold one after the other, each up to 90 %. */
export class Houses {
  readonly ids: readonly string[]
  readonly #mayAsk: number
  #asked = 0

  /** `mayAsk`: places that are asked for in each. */
  constructor(ids: readonly string[], mayAsk: number) {
    this.ids = ids
    this.#mayAsk = mayAsk
  }

  /** Places that may be asked for in all of them together. */
  static capacityOf(houses: number): number {
    return houses * seatsPerHouse * soldShare
  }

  static neededFor(places: number): number {
    return Math.ceil(places / Houses.capacityOf(1))
  }

  /** The house in which the next `qty` places are to be bought; `undefined` when all are sold. */
  next(qty: number): string | undefined {
    const index = Math.floor(this.#asked / this.#mayAsk)
    this.#asked += qty
    return this.ids[index]
  }
}

/** Makes houses the organiser's way: an event with seats in straight rows, published and so on sale. */
export async function openHouses(
  url: string,
  count: number,
  onOpened: (opened: number) => void,
  mayAsk = Houses.capacityOf(1),
): Promise<Houses> {
  const ids: string[] = []
  while (ids.length < count) {
    ids.push(await openHouse(url))
    onOpened(ids.length)
  }
  return new Houses(ids, mayAsk)
}

async function openHouse(url: string): Promise<string> {
  const { id } = await organise(`${url}/admin/events`, {
    name: 'Selling bench',
    venue: { name: 'Large Hall', city: 'Berlin', country: 'DE', tz: 'Europe/Berlin' },
    starts_on: '2099-06-01',
    starts_at_local: '20:00',
    sections: Array.from({ length: sections }, (_, index) => ({
      name: `Section ${index + 1}`,
      rows: rowsPerSection,
      seats_per_row: seatsPerRow,
      price_minor: 5_000 - index * 1_000,
    })),
  })
  await organise(`${url}/admin/events/${id}/publish`, {})
  return id
}

async function organise(url: string, body: object): Promise<{ id: string }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${organiserKey}` },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  })
  const text = await response.text()
  if (!response.ok) throw new ExplainedError(`A house could not be opened: ${response.status} ${text}`)
  return JSON.parse(text) as { id: string }
}
