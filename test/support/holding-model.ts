import type { Hold } from '#shared/contracts/holds.ts'
import type { Selection } from '#shared/contracts/places.ts'
import { TicketingError } from '#shared/errors.ts'
import { newId, parsePublicId } from '#shared/ids.ts'
import type { Batches, Taken } from '../../workers/booking/taking/batches.ts'
import type { PlaceRequest } from '../../workers/booking/taking/request.ts'
import type { BookingWorkers } from './booking-workers.ts'
import { placeRequest } from './place-request.ts'
import { seatNosOf } from './seat-numbers.ts'

/*
 * A house in a simple model, to which whatever the batches of two workers answer must agree: a seat has one holder, an area no more
 * places than it has, a buyer one live hold, and a refusal a reason.
 */

const house = { rows: 8, seatsPerRow: 9, areaCapacity: 24, areas: ['Floor', 'Lawn'], limit: 6, buyers: 40 } as const
const seatCount = house.rows * house.seatsPerRow

interface HeldByBuyer {
  readonly id: string
  readonly selection: Selection
  readonly key: string
  hold: Hold
  runsOut: boolean
}

export interface RoundOptions {
  readonly workers: BookingWorkers
  /** One for each worker. */
  readonly batches: readonly Batches[]
  readonly random: () => number
}

/** Of a thousand batches: a hold that ran out between its lock and the look at it. The same request may be sent again. */
const maxOverloaded = 10

const lost = ['seat_unavailable', 'not_enough_left', 'sold_out', 'no_adjacent_seats']
const anyTime = new Set([...lost, 'ticket_limit', 'idempotency_key_in_use', 'overloaded'])

/** Whether a request may be refused with that code. */
function isMeant(code: string, { isSwap, hasLive }: { isSwap: boolean; hasLive: boolean }): boolean {
  if (code === 'hold_exists') return hasLive
  if (code === 'hold_expired' || code === 'hold_ended') return isSwap
  return anyTime.has(code)
}

export class HoldingModel {
  readonly #eventId: string
  readonly #held = new Map<string, HeldByBuyer>()
  readonly faults: string[] = []
  /** By what came of them. */
  readonly outcomes = new Map<string, number>()

  private constructor(eventId: string) {
    this.#eventId = eventId
  }

  static async open(workers: BookingWorkers): Promise<HoldingModel> {
    const eventId = await workers.openHouse({
      rows: house.rows,
      seatsPerRow: house.seatsPerRow,
      maxTicketsPerUser: house.limit,
      tiers: [
        { name: 'Front', steps: [] },
        { name: 'Back', steps: [] },
      ],
      rowOf: (row) => ({ tier: row < 3 ? 0 : 1, section: row < 5 ? 'Stalls' : 'Balcony', accessible: row === 7 }),
      areas: Object.fromEntries(house.areas.map((area) => [area, { capacity: house.areaCapacity }])),
    })
    return new HoldingModel(eventId)
  }

  /** One batch of requests of all kinds to each worker, at the same time; then everything that was answered is judged. */
  async round({ workers, batches, random }: RoundOptions): Promise<void> {
    const one = <Each>(of: readonly Each[]): Each => of[Math.floor(random() * of.length)] as Each
    await this.#letSomeEnd(workers, random)
    const before = new Map(this.#held)
    const requests: PlaceRequest[] = []
    const asked = Array.from({ length: 4 + Math.floor(random() * 14) }, () => {
      const userId = `buyer-${Math.floor(random() * house.buyers)}`
      const own = before.get(userId)
      const kind = own === undefined ? 'new' : one(['new', 'swap', 'replay'] as const)
      const isLive = own !== undefined && !own.runsOut
      const selection = kind === 'replay' && own ? own.selection : this.#anySelection(random)
      const key = kind === 'replay' && own ? own.key : newId()
      const request = placeRequest({
        eventId: this.#eventId,
        userId,
        selection,
        key,
        swapped: kind === 'swap' && isLive ? parsePublicId(own.hold.id)?.ownId : undefined,
      })
      requests.push(request)
      return { userId, own, isSwap: request.isSwap, selection, key }
    })
    const answers = await Promise.allSettled(requests.map((request) => one(batches).take(request)))
    const answered = asked.flatMap((each, index) => {
      const answer = answers[index]
      return answer === undefined ? [] : [{ each, answer }]
    })
    const taken = answered.flatMap(({ each, answer }) =>
      answer.status === 'fulfilled' ? [{ each, ...answer.value }] : [],
    )
    // In the order of their commits.
    for (const { each, ...of } of taken.sort((one, other) => Number(one.hold.seq) - Number(other.hold.seq))) {
      this.#judgeHold(each, of)
    }
    const someSwap = asked.some(({ isSwap }) => isSwap)
    for (const { each, answer } of answered) {
      if (answer.status === 'rejected') this.#judgeRefusal(each, answer.reason, someSwap)
    }
    this.#judgeHouse()
  }

  /** What the database says, against what the buyers were told. */
  async judgeDatabase({ postgres }: BookingWorkers): Promise<void> {
    const seats = await postgres.query<{ seat_no: number; hold_id: string }>(
      `SELECT seat_no, hold_id FROM booking.event_seats WHERE event_id = $1 AND state = 'held' AND held_until > now()
       ORDER BY seat_no`,
      [this.#eventId],
    )
    const told = this.#live()
      .flatMap(({ hold, id }) => seatNosOf(hold.places).map((seat_no) => ({ seat_no, hold_id: id })))
      .sort((one, other) => one.seat_no - other.seat_no)
    if (JSON.stringify(seats) !== JSON.stringify(told)) this.faults.push('seats are held by others than was told')
    const wrong = await postgres.query(
      `SELECT area_no, shard FROM booking.area_shards AS area WHERE event_id = $1 AND held <> (
         SELECT coalesce(sum(qty), 0) FROM booking.hold_items AS item WHERE item.event_id = area.event_id
           AND item.area_no = area.area_no AND item.shard = area.shard AND held_until IS NOT NULL)`,
      [this.#eventId],
    )
    if (wrong.length > 0) this.faults.push(`${wrong.length} counters of areas are wrong`)
  }

  #anySelection(random: () => number): Selection {
    const number = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1))
    const areas = house.areas.filter(() => random() < 0.5).map((area) => ({ area, qty: number(1, 3) }))
    const withAreas = areas.length > 0 && random() < 0.3 ? { areas } : {}
    const kind = random()
    if (kind < 0.35) {
      const first = number(0, seatCount - 4)
      const seat_nos = [0, 1, 2, 3].map((offset) => first + offset).slice(0, number(1, 4))
      return { seat_nos, ...withAreas }
    }
    if (kind < 0.85) {
      const wishes = [{}, {}, {}, { tier: 'Back' }, { section: 'Balcony' }, { accessible: true }]
      const wish = wishes[number(0, wishes.length - 1)]
      const adjacent = random() < 0.25 ? 'prefer' : 'require'
      return { best_available: { qty: number(1, 4), adjacent, ...wish }, ...withAreas }
    }
    return { areas: areas.length > 0 ? areas : [{ area: house.areas[0], qty: number(1, 3) }] }
  }

  async #letSomeEnd(workers: BookingWorkers, random: () => number): Promise<void> {
    for (const [, held] of this.#held) {
      if (held.runsOut || random() > 0.12) continue
      await workers.letRunOut(held.hold)
      held.runsOut = true
    }
  }

  #judgeHold({ userId, own, isSwap, selection, key }: Asked, { hold, isRepetition }: Taken): void {
    this.#count(isRepetition ? 'repeated' : isSwap ? 'swap' : 'new')
    if (isRepetition) {
      if (own?.key !== key) this.faults.push('a new request was called a repetition')
      return
    }
    const current = this.#held.get(userId)
    if (!isSwap && current !== undefined && !current.runsOut) this.faults.push(`${userId} has two live holds`)
    const seats = seatNosOf(hold.places)
    const wanted = selection.seat_nos?.toSorted((one, other) => one - other)
    if (wanted !== undefined && JSON.stringify(wanted) !== JSON.stringify(seats))
      this.faults.push('other seats were held')
    if (seats.length !== (wanted?.length ?? selection.best_available?.qty ?? 0))
      this.faults.push('not all seats were held')
    const { best_available: best } = selection
    const isRun = seats.every((seatNo, index) => index === 0 || seatNo === (seats[index - 1] ?? 0) + 1)
    const isInRow = new Set(seats.map((seatNo) => Math.floor(seatNo / house.seatsPerRow))).size <= 1
    if (best?.adjacent === 'require' && !(isRun && isInRow)) this.faults.push('seats that must be together are apart')
    const id = parsePublicId(hold.id)?.ownId ?? ''
    // A replay is one of the request that made the hold.
    const made = isSwap && current !== undefined ? current : { selection, key }
    this.#held.set(userId, { id, selection: made.selection, key: made.key, hold, runsOut: false })
  }

  #judgeRefusal({ userId, isSwap }: Asked, error: unknown, someSwap: boolean): void {
    const code = error instanceof TicketingError ? error.code : String(error)
    this.#count(code)
    if (!isMeant(code, { isSwap, hasLive: this.#held.get(userId)?.runsOut === false })) {
      this.faults.push(`unexpected: ${code} ${String(error)}`)
    }
    if (code === 'seat_unavailable' && error instanceof TicketingError && !someSwap) {
      // Seats that a swap gave up in the same round may be free again by now.
      const taken = new Set(this.#live().flatMap(({ hold }) => seatNosOf(hold.places)))
      const conflicts = error.extra.conflicts as number[]
      if (!conflicts.every((seatNo) => taken.has(seatNo))) this.faults.push('a free seat was called taken')
    }
    const overloaded = this.outcomes.get('overloaded') ?? 0
    if (overloaded > maxOverloaded) this.faults.push(`${overloaded} requests heard that there is too much to do`)
  }

  /** No seat has two live holders, no area more places than it has. */
  #judgeHouse(): void {
    const seats = this.#live().flatMap(({ hold }) => seatNosOf(hold.places))
    if (new Set(seats).size !== seats.length) this.faults.push('a seat is held twice')
    for (const area of house.areas) {
      const places = this.#live().flatMap(({ hold }) => hold.places)
      const qty = places.reduce((sum, place) => sum + ('area' in place && place.area === area ? place.qty : 0), 0)
      if (qty > house.areaCapacity) this.faults.push(`${area} has ${qty} places held`)
    }
  }

  #live(): HeldByBuyer[] {
    return [...this.#held.values()].filter(({ runsOut }) => !runsOut)
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
  }
}

interface Asked {
  readonly userId: string
  readonly own: HeldByBuyer | undefined
  readonly isSwap: boolean
  readonly selection: Selection
  readonly key: string
}
