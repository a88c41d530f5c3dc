import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'
import { newId } from '#shared/ids.ts'
import { createRedis } from '#shared/redis.ts'
import { SeatLocks } from '../../workers/booking/rush-filter/seat-locks.ts'
import { silentLog } from '../support/silent-log.ts'
import { until } from '../support/until.ts'
import type { Lab } from './lab.ts'

/** One way to keep seats for a buyer who is still thinking. */
export interface HoldDesign {
  readonly name: string
  open(lab: Lab): OpenDesign | Promise<OpenDesign>
}

export interface OpenDesign {
  /** All of the seats or none: `null` is a refusal. */
  hold(seatNos: readonly number[]): Promise<HeldSeats | null>
  close?(): Promise<unknown>
}

/** Seats that a buyer was promised for the time of a hold. A buyer who vanishes calls neither. */
export interface HeldSeats {
  /** Whether the seats are now the buyer's for good; a hold that ran out may have lost them. */
  buy(): Promise<boolean>
  release(): Promise<unknown>
}

const isAvailable = `status = 'available'`
/** An expired hold blocks nothing, whether anybody has cleared it up or not. Time is the database's. */
const isAvailableOrExpired = `(status = 'available' OR (status = 'held' AND held_until <= now()))`
const available = `status = 'available', hold_id = NULL, held_until = NULL`
const sold = `status = 'sold', held_until = NULL`

/** Locks those of the seats that meet the condition, by ascending number, so that no two buyers wait for each other. Whether all do. */
async function lockAll(db: pg.ClientBase, seatNos: readonly number[], condition: string): Promise<boolean> {
  const sql = `SELECT FROM seats WHERE seat_no = ANY($1) AND ${condition} ORDER BY seat_no FOR UPDATE`
  return (await db.query(sql, [seatNos])).rowCount === seatNos.length
}

const mark = (db: pg.ClientBase, seatNos: readonly number[], as: string) =>
  db.query(`UPDATE seats SET ${as} WHERE seat_no = ANY($1)`, [seatNos])

/** Marks all of the seats, if all of them meet the condition. Waits for a transaction that is deciding about one. */
async function change(
  { transaction }: Lab,
  seatNos: readonly number[],
  { from, to }: { from: string; to: string },
): Promise<boolean> {
  const isDone = await transaction(async (db) => {
    if (!(await lockAll(db, seatNos, from))) return false
    await mark(db, seatNos, to)
    return true
  })
  return isDone ?? false
}

/**
 * Hold, sell and release, each in a short transaction. Between them no lock is held and no connection used: the table remembers who
 * has the seat, and until when. The designs differ in which seats are free.
 */
async function holdInTable(
  lab: Lab,
  seatNos: readonly number[],
  isFree: string,
  holdId = newId(),
): Promise<HeldSeats | null> {
  const held = `status = 'held', hold_id = '${holdId}', held_until = now() + ${lab.holdTtlMs} * interval '1 ms'`
  if (!(await change(lab, seatNos, { from: isFree, to: held }))) return null
  // A hold that ran out sells all the same, as long as nobody else has taken a seat of it.
  const isOwn = `status = 'held' AND hold_id = '${holdId}'`
  return {
    buy: () => change(lab, seatNos, { from: isOwn, to: sold }),
    release: () => change(lab, seatNos, { from: isOwn, to: available }),
  }
}

/**
 * The buyer's transaction stays open, with the rows locked, until the buyer has decided or the time of a hold is over.
 * The lock is the hold: nothing is written until the seats are sold.
 */
const longRowLock: HoldDesign = {
  name: 'long row lock',
  open: ({ transaction, holdTtlMs }) => ({
    hold(seatNos) {
      const held = Promise.withResolvers<HeldSeats | null>()
      const decision = Promise.withResolvers<'buy' | 'release'>()
      const bought = transaction(async (db) => {
        if (!(await lockAll(db, seatNos, isAvailable))) return false
        const timeUp = setTimeout(decision.resolve, holdTtlMs, 'release')
        const end = async (decided: 'buy' | 'release') => {
          decision.resolve(decided)
          return (await bought) === true
        }
        held.resolve({ buy: () => end('buy'), release: () => end('release') })
        const isBought = (await decision.promise) === 'buy'
        clearTimeout(timeUp)
        if (isBought) await mark(db, seatNos, sold)
        return isBought
      })
      // Refused, unless the seats were promised before.
      bought.then(() => held.resolve(null), held.reject)
      return held.promise
    },
  }),
}

/** A seat is free when its row says so; a job that comes round every so often frees those whose hold has run out. */
const statusAndCron: HoldDesign = {
  name: 'status + cron',
  open(lab) {
    const closing = new AbortController()
    const due = `SELECT seat_no FROM seats WHERE status = 'held' AND held_until <= now() ORDER BY seat_no FOR UPDATE SKIP LOCKED`
    const sweep = async (): Promise<void> => {
      while (!closing.signal.aborted) {
        await wait(lab.sweepEveryMs, undefined, { signal: closing.signal }).catch(() => undefined)
        // It has no connection for itself: the next round finds what this one has to leave.
        await lab.transaction((db) => db.query(`UPDATE seats SET ${available} WHERE seat_no IN (${due})`))
      }
    }
    const sweeping = sweep()
    return {
      hold: (seatNos) => holdInTable(lab, seatNos, isAvailable),
      close() {
        closing.abort()
        return sweeping
      },
    }
  },
}

/** A seat is free when its row says so or when its hold has run out: expiry is a comparison and nobody's job. */
const implicitExpiry: HoldDesign = {
  name: 'implicit expiry',
  open: (lab) => ({ hold: (seatNos) => holdInTable(lab, seatNos, isAvailableOrExpired) }),
}

/**
 * The worker's own filter: one script locks all the seats in Redis or names those that are taken, so that losers end without SQL; the
 * winner goes on to the short transaction, which alone decides. Redis away or forgetful costs the filter and nothing else.
 */
const redisLock: HoldDesign = {
  name: 'Redis lock + implicit expiry',
  async open(lab) {
    const redis = createRedis({ url: lab.redisUrl, name: 'hold-designs', log: silentLog })
    const locks = new SeatLocks({ redis, log: silentLog })
    await until('Redis is ready', () => redis.status === 'ready')
    const eventId = newId()
    return {
      async hold(seatNos) {
        const holdId = newId()
        const wanted = { hold: { eventId, ownId: holdId }, userId: holdId, seatNos }
        if ((await locks.lock(wanted, lab.holdTtlMs)).length > 0) return null
        const held = await holdInTable(lab, seatNos, isAvailableOrExpired, holdId)
        if (held === null) await locks.unlock(wanted)
        return held && { ...held, release: () => held.release().then(() => locks.unlock(wanted)) }
      },
      close: async () => redis.disconnect(),
    }
  },
}

/** From bad to good to ours. */
export const designs: readonly HoldDesign[] = [longRowLock, statusAndCron, implicitExpiry, redisLock]

/** Sells seats twice, on purpose: looks whether they are free, then writes, and nothing holds the two together. */
export const control: HoldDesign = {
  name: 'control: no condition',
  open: (lab) => ({
    async hold(seatNos) {
      const isFree = await lab.transaction((db) => lockAll(db, seatNos, isAvailableOrExpired))
      const held = isFree === true ? await holdInTable(lab, seatNos, 'true') : null
      return held && { ...held, buy: () => change(lab, seatNos, { from: 'true', to: sold }) }
    },
  }),
}
