import type { Shop } from './buyer.ts'
import { verdictOf } from './history.ts'
import { bodyIfDone, HttpBuyer } from './http-buyer.ts'
import { Random } from './random.ts'

/** Visitors who arrive at the same moment: more than two cores can serve at once. */
export const crowdSize = 100
const pauseMs = { from: 8_000, to: 15_000 }
const placesPerVisitor = 2
/** A visitor who holds places repeats the payment so often; a refused one leaves at once. */
const payTries = 8

/** How the visits of all crowds ended. */
export interface CrowdCounts {
  crowds: number
  bought: number
  /** Heard 503 instead of getting a hold, and left. */
  refused: number
  /** Anything else: sold out, no answer, a hold that ended before it was paid. */
  others: number
}

export const noCrowds = (): CrowdCounts => ({ crowds: 0, bought: 0, refused: 0, others: 0 })

/**
 * Crowds come until it is over: everybody wants two places of a large house at the same moment and pays for what they hold.
 * Whatever they are told is judged like everything else in the history.
 */
export async function letCrowdsCome(shop: Shop, closed: AbortSignal): Promise<void> {
  const random = new Random(`crowds ${shop.seed}`)
  await random.pause(pauseMs, closed)
  while (!closed.aborted) {
    const { crowds } = shop
    crowds.crowds += 1
    const house = random.pick(shop.houses.filter(({ rows, soldOut }) => rows >= 60 && !soldOut))
    const visits = Array.from({ length: crowdSize }, (_, index) => {
      const name = `crowd-${shop.seed}-${crowds.crowds}-${index}`
      return visit(new HttpBuyer(name, { random: new Random(name), world: shop }), house.eventId)
    })
    for (const ending of await Promise.all(visits)) crowds[ending] += 1
    await random.pause(pauseMs, closed)
  }
}

async function visit(buyer: HttpBuyer, eventId: string): Promise<'bought' | 'refused' | 'others'> {
  const { random } = buyer
  const outcome = await buyer.hold(eventId, { best_available: { qty: placesPerVisitor } }, random.key())
  if (outcome.kind === 'answer' && outcome.status === 503) return 'refused'
  const holdId = bodyIfDone(outcome)?.id
  if (holdId === undefined) return 'others'
  const key = random.key()
  const what = { hold_id: holdId, payment_token: 'tok_ok' }
  const paid = await buyer.askUntilFinal(() => buyer.purchase(what, key), { times: payTries })
  return verdictOf(paid) === 'done' ? 'bought' : 'others'
}
