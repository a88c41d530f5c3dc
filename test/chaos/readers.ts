import type { Shop } from './buyer.ts'
import { readPage } from './public-read.ts'
import { Random } from './random.ts'

/** At each gateway, so that a frozen one does not keep them from the others. */
const readersAtEach = 3
/** About 30 pages a second altogether. */
const pauseMs = { from: 100, to: 300 }

/** Some of the houses, so that the same page is asked for again while it is remembered: two small, one larger, two large ones. */
const watchedHouses = [0, 1, 8, 11, 12]

/** People who buy nothing look at public pages until it is over. */
export async function letReadersLook(shop: Shop, closed: AbortSignal): Promise<void> {
  const readers = shop.gatewayUrls.flatMap((_, gateway) =>
    Array.from({ length: readersAtEach }, (_, reader) => lookAround(shop, { gateway, reader }, closed)),
  )
  await Promise.all(readers)
}

async function lookAround(
  shop: Shop,
  { gateway, reader }: { gateway: number; reader: number },
  closed: AbortSignal,
): Promise<void> {
  const random = new Random(`reader ${shop.seed} ${gateway} ${reader}`)
  const houses = watchedHouses.flatMap((index) => shop.houses[index] ?? [])
  while (!closed.aborted) {
    const page = random.weighted({ seats: 5, tickets: 2, event: 1, changing: 3 })
    // What an organiser has just changed, mostly.
    const changing = shop.history.changes.at(random.pick([-1, -1, -2, -3]))
    if (page !== 'changing') await readPage(shop, { page, eventId: random.pick(houses).eventId, gateway })
    else if (changing !== undefined) await readPage(shop, { page: 'event', eventId: changing.eventId, gateway })
    await random.pause(pauseMs)
  }
}
