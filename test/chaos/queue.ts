import { setTimeout as pause } from 'node:timers/promises'
import type { Shop } from './buyer.ts'
import { bodyIfDone, HttpBuyer } from './http-buyer.ts'
import { Random } from './random.ts'

/** Few enough to cost the other buyers little, and more than are let in at a time. */
const queuersAtOnce = 16
const tries = 6
const placesWanted = 2
/** The longest wait in the queue, beyond which something is wrong; a frozen server and a restart fit into it. */
const looks = 40
const lookAgainMs = 700
/** So many try their pass as a stranger, and without one. */
const forgersShare = 0.3

/** What became of those who came through the waiting room. */
export interface QueueCounts {
  joined: number
  admitted: number
  bought: number
}

/** What a buyer was told of their place. */
export interface PlaceSeen {
  readonly userId: string
  readonly placeId: string
  readonly number: number
  /** The highest number that had been called. */
  readonly serving: number
}

export const emptyQueue = (): QueueCounts => ({ joined: 0, admitted: 0, bought: 0 })

/** Buyers queue for the house with a waiting room until it is over: each joins, waits, takes the pass, buys, and goes. */
export async function letBuyersQueue(shop: Shop, closed: AbortSignal): Promise<void> {
  let number = 0
  const queuers = Array.from({ length: queuersAtOnce }, async () => {
    while (!closed.aborted) {
      number += 1
      await queueAndBuy(shop, number, closed)
    }
  })
  await Promise.all(queuers)
}

async function queueAndBuy(shop: Shop, number: number, closed: AbortSignal): Promise<void> {
  const { queuedEvent: eventId, queue, seed } = shop
  const userId = `queuer-${seed}-${number}`
  const random = new Random(userId)
  const buyer = new HttpBuyer(userId, { random, world: shop })
  const joined = bodyIfDone(await buyer.askUntilFinal(() => buyer.join(eventId), { times: tries }))
  const placeId = joined?.id
  if (placeId === undefined) return
  queue.joined += 1
  const pass = await waitForPass(buyer, placeId, closed)
  if (pass === undefined) return
  queue.admitted += 1
  if (random.next() < forgersShare) {
    const stranger = new HttpBuyer(`${userId}-stranger`, { random, world: shop, isStranger: true })
    await stranger.hold(eventId, { best_available: { qty: 1 } }, random.key(), random.next() < 0.5 ? pass : undefined)
  }
  const key = random.key()
  const wish = { best_available: { qty: placesWanted } }
  const holdId = bodyIfDone(await buyer.askUntilFinal(() => buyer.hold(eventId, wish, key, pass), { times: tries }))?.id
  if (holdId !== undefined) {
    const payKey = random.key()
    const what = { hold_id: holdId, payment_token: 'tok_ok' }
    const paid = await buyer.askUntilFinal(() => buyer.purchase(what, payKey), { times: tries })
    if (bodyIfDone(paid) !== undefined) queue.bought += 1
  }
  await buyer.leaveQueue(placeId)
}

/** Undefined: missed it, or it is over. */
async function waitForPass(buyer: HttpBuyer, placeId: string, closed: AbortSignal): Promise<string | undefined> {
  for (let looked = 0; looked < looks && !closed.aborted; looked += 1) {
    const state = bodyIfDone(await buyer.look(placeId))?.state
    if (state === 'ended') return undefined
    if (state === 'called' || state === 'admitted') {
      const pass = bodyIfDone(await buyer.claim(placeId))?.pass
      if (pass) return pass
    }
    await pause(lookAgainMs)
  }
  return undefined
}
