import { type Hold, holdSeats } from '#shared/contracts/holds.ts'
import type { Database } from '#shared/database/postgres.ts'
import { consumeFacts, type ReceivedFact } from '#shared/facts/consume.ts'
import type { PlacesPayload } from '#shared/facts/places.ts'
import { keyOf, publicId } from '#shared/ids.ts'
import type { Close } from '#shared/process/lifecycle.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { createRedis } from '#shared/redis.ts'
import { seatUnavailable } from '../lost-seats/lost-seats.ts'
import { RecentValues } from '../recent-values.ts'
import { isOpen } from '../sale.ts'
import { findSale, type Sale } from '../store/sales.ts'
import { SeatLocks, type WantedSeats } from './seat-locks.ts'
import { type SeenEvent, seeEvent } from './seen-event.ts'

interface SeenSale {
  /** `undefined` if the event has no stock. */
  readonly sale: Sale | undefined
  /** `performance.now()` before the database was asked. */
  readonly seenAt: number
}

/** Seats for a buyer, and whether the request has a pass of the event's waiting room. */
interface Wish extends WantedSeats {
  readonly hasPass: boolean
}

/**
 * Runs before the transactions that hold named seats: of buyers who want a seat at the same time it lets one through and refuses the
 * others. No guarantee depends on it; in doubt it lets a request through.
 *
 * Best available seats and GA tickets skip it: the transaction picks them from what is free.
 */
export class RushFilter {
  readonly #locks: SeatLocks
  readonly #db: Database
  /** At most a second old. The states of an event take one byte a seat; more events than this are not rushed at once. */
  readonly #recent = new RecentValues<SeenEvent>({ maxAgeMs: 1_000, maxKeys: 100 })
  readonly #sales = new RecentValues<SeenSale>({ maxAgeMs: 1_000, maxKeys: 1_000 })

  constructor({ locks, db }: { locks: SeatLocks; db: Database }) {
    this.#locks = locks
    this.#db = db
  }

  /**
   * Locks the seats in Redis while `make` takes them in Postgres. Unlocks them in the background unless `make` created this hold. Throws
   * the errors of `make`, and `seat_unavailable` for losers.
   */
  async pass(wanted: Wish, make: () => Promise<Hold>): Promise<Hold> {
    const holdMs = await this.#lastsMs(wanted)
    if (holdMs === null) return make()
    await this.#enter(wanted, holdMs)
    let hold: Hold | undefined
    try {
      hold = await make()
      return hold
    } finally {
      // A repetition returns the earlier hold, which has its own locks.
      if (hold?.id !== publicId(wanted.hold)) void this.#locks.unlock(wanted)
    }
  }

  /**
   * How long the hold would last; null if it will be refused: too many places, a missing pass, or outside the sale. Such a request must not
   * lock seats, or anybody could lock all seats of an event.
   */
  async #lastsMs({ hold: { eventId }, seatNos, hasPass }: Wish): Promise<number | null> {
    const { sale, seenAt } = await this.#sales.of(eventId, async () => {
      return { seenAt: performance.now(), sale: await findSale(this.#db, eventId) }
    })
    if (sale === undefined || seatNos.length > sale.maxTicketsPerUser || (sale.needsPass && !hasPass)) return null
    return isOpen(sale, new Date(sale.now.getTime() + performance.now() - seenAt)) ? sale.holdMs : null
  }

  /**
   * Locks the seats for a new hold, or throws `seat_unavailable` as Postgres would. A buyer's own lock refuses nothing, so that a
   * repetition reaches its stored answer.
   */
  async #enter(wanted: WantedSeats, holdMs: number): Promise<void> {
    const taken = await this.#locks.lock(wanted, holdMs)
    if (taken.length === 0 || taken.some(({ sameBuyer }) => sameBuyer)) return
    const { eventId } = wanted.hold
    // Without a database there is nothing to add: the transaction will report it.
    const seen = await this.#recent.of(eventId, () => seeEvent(this.#db, eventId)).catch(() => undefined)
    if (seen === undefined || !wanted.seatNos.every((seatNo) => seen.stateOf(seatNo) !== undefined)) return
    const leftBehind = taken.filter(({ seatNo, leftMs }) => {
      const ageMs = holdMs - leftMs - (Date.now() - seen.seenAt)
      // After its deadline no hold is committed.
      return ageMs > holdSeats.deadlineMs && seen.freeSeatsAround(seatNo, 0).length === 1
    })
    if (leftBehind.length > 0) {
      for (const { holdId, seatNo } of leftBehind)
        void this.#locks.unlock({ hold: { eventId, ownId: holdId }, seatNos: [seatNo] })
      return
    }
    throw seatUnavailable(seen, { wanted: wanted.seatNos, conflicts: taken.map(({ seatNo }) => seatNo) })
  }
}

/** Starts the filter, and the consumer that unlocks the seats of ended holds. `null` without Redis. */
export function startRushFilter(
  { bus, postgres, log }: Pick<WorkerParts, 'bus' | 'postgres' | 'log'>,
  config: { readonly REDIS_URL?: string | undefined; readonly INSTANCE: string },
  onStop: (name: string, close: Close) => void,
): RushFilter | null {
  if (config.REDIS_URL === undefined) return null
  const redis = createRedis({ url: config.REDIS_URL, name: config.INSTANCE, log })
  onStop('redis', () => redis.disconnect())
  const locks = new SeatLocks({ redis, log })
  const unlocking = consumeFacts(bus, {
    durable: 'booking-seat-locks',
    subjects: ['released', 'expired', 'changed'].map((what) => `ticketing.fact.hold.*.${what}`),
    handle: (fact) => unlockFreed(locks, fact),
    log,
  })
  onStop('unlocking of seats', async () => (await unlocking)())
  return new RushFilter({ locks, db: postgres })
}

async function unlockFreed(locks: SeatLocks, { payload }: ReceivedFact): Promise<void> {
  const { hold_id, seats } = payload as PlacesPayload & { hold_id: string }
  const freed = seats.filter(([, state]) => state === 'available').map(([seatNo]) => seatNo)
  await locks.unlock({ hold: keyOf(hold_id), seatNos: freed })
}
