import { setTimeout as wait } from 'node:timers/promises'
import { behave } from './behaviours.ts'
import type { CrowdCounts } from './crowd.ts'
import { verdictOf } from './history.ts'
import type { House } from './houses.ts'
import { bodyIfDone, HttpBuyer, type Selection, type World } from './http-buyer.ts'
import type { QueueCounts } from './queue.ts'
import { Random } from './random.ts'
import type { Watchers } from './watchers.ts'

export interface Shop extends World {
  readonly seed: number
  readonly houses: readonly House[]
  /** Of which nobody buys tickets: an organiser changes them. */
  readonly changingEvents: readonly string[]
  readonly crowds: CrowdCounts
  /** The house with a waiting room, and who came through it. */
  readonly queuedEvent: string
  readonly queue: QueueCounts
  readonly watchers: Watchers
}

const tries = 3
/** What makes buyers turn to other houses. */
const nothingLeft = ['sold_out', 'not_enough_left']
/** While a system is away nobody asks it faster than this. */
const backOffMs = 150

/** One buyer comes, looks, wants seats, and does something with them. `number` is theirs alone in a run. */
export async function visit(shop: Shop, number: number): Promise<void> {
  const random = new Random(`buyer ${shop.seed} ${number}`)
  const userId = `chaos-${shop.seed}-${number}`
  const buyer = new HttpBuyer(userId, { random, world: shop })
  const house = chooseHouse(shop.houses, random)
  if (random.next() < 0.15) await buyer.browse(browsePath(house, random))
  const selection = choosePlaces(house, random)
  if (random.next() < 0.1) return buyInOneCall(buyer, house, selection)
  const key = random.key()
  const outcome = await buyer.askUntilFinal(() => buyer.hold(house.eventId, selection, key), { times: tries })
  if (outcome.kind === 'answer' && nothingLeft.includes(String(outcome.body.code))) house.soldOut = true
  if (verdictOf(outcome) === 'open') await wait(backOffMs)
  const hold = bodyIfDone(outcome)
  if (hold?.id === undefined) return
  const holdId = hold.id
  if (random.next() < 0.3) await buyer.seeOwnSeats(hold)
  if (random.next() < 0.1) await Promise.all([buyer.viewHold(holdId), buyer.bookings()])
  const stranger = new HttpBuyer(`${userId}-stranger`, { random, world: shop, isStranger: true })
  await behave({ buyer, holdId, others: choosePlaces(house, random), stranger })
}

async function buyInOneCall(buyer: HttpBuyer, house: House, selection: Selection): Promise<void> {
  const key = buyer.random.key()
  const request = { event_id: house.eventId, ...selection, payment_token: 'tok_ok' }
  await buyer.askUntilFinal(() => buyer.purchase(request, key), { times: tries })
}

/** The first houses are the small ones, which more people want than can be seated. */
function chooseHouse(houses: readonly House[], random: Random): House {
  const open = houses.filter(({ soldOut }) => !soldOut)
  const small = open.filter(({ rows }) => rows < 60)
  return random.pick(small.length > 0 && random.next() < 0.5 ? small : open)
}

function choosePlaces({ rows, seatsPerRow, area }: House, random: Random): Selection {
  const qty = random.between(1, 4)
  const kind = random.weighted({ best: 4, named: 5, area: area === null ? 0 : 4 })
  if (kind === 'best') return { best_available: { qty } }
  if (kind === 'area' && area !== null) return { areas: [{ area, qty }] }
  const first = random.between(0, rows - 1) * seatsPerRow + random.between(0, seatsPerRow - qty)
  return { seat_nos: Array.from({ length: qty }, (_, index) => first + index) }
}

function browsePath({ eventId }: House, random: Random): string {
  return random.pick([
    `/events/${eventId}`,
    `/events/${eventId}/seats`,
    // Texts that nobody asked for before: the answer comes from the database.
    `/events/search?keyword=chaos%20${random.between(0, 1_000_000)}`,
    '/events',
  ])
}
