import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { Result } from 'ioredis'
import type { Queryable } from '#shared/database/postgres.ts'
import { createLogger } from '#shared/observability/log.ts'
import { createRedis } from '#shared/redis.ts'
import { until } from '../support/until.ts'
import { type HeldSeats, type HoldDesign, type Lab, OutOfTime } from './lab.ts'

const isAvailable = `status = 'available'`
/** An expired hold blocks nothing, whether anybody has cleared it up or not. Time is the database's. */
const isAvailableOrExpired = `(status = 'available' OR (status = 'held' AND held_until <= now()))`
const toAvailable = `status = 'available', hold_id = NULL, held_until = NULL`
const toSold = `status = 'sold', held_until = NULL`

/**
 * Locks those of the seats that meet the condition, and says whether all do. Waits for a transaction that is deciding about one. By
 * ascending number, so that no two buyers wait for each other.
 */
async function lockAll(db: Queryable, seatNos: readonly number[], condition: string, ...values: unknown[]) {
  const sql = `SELECT FROM seats WHERE seat_no = ANY($1) AND ${condition} ORDER BY seat_no FOR UPDATE`
  return (await db.query(sql, [seatNos, ...values])).length === seatNos.length
}

const mark = (db: Queryable, seatNos: readonly number[], as: string) =>
  db.query(`UPDATE seats SET ${as} WHERE seat_no = ANY($1)`, [seatNos])
const markHeld = (db: Queryable, seatNos: readonly number[], holdId: string, ttlMs: number) =>
  mark(db, seatNos, `status = 'held', hold_id = '${holdId}', held_until = now() + ${ttlMs} * interval '1 ms'`)

/**
 * Hold, sell and release, each in a transaction that asks nobody but the database. Between them no lock is held and no connection used:
 * the table itself remembers who has the seat, and until when. The designs differ in which seats are free.
 */
async function holdInShortTransaction(
  { database, holdTtlMs }: Lab,
  { seatNos, isFree, holdId = randomUUID() }: { seatNos: readonly number[]; isFree: string; holdId?: string },
): Promise<HeldSeats | null> {
  const held = await database.transaction(async (db) => {
    if (!(await lockAll(db, seatNos, isFree))) return false
    await markHeld(db, seatNos, holdId, holdTtlMs)
    return true
  })
  if (!held) return null
  // A hold that ran out sells all the same, as long as nobody else has taken a seat of it.
  const end = (as: string) =>
    database.transaction(async (db) => {
      if (!(await lockAll(db, seatNos, `status = 'held' AND hold_id = $2`, holdId))) return false
      await mark(db, seatNos, as)
      return true
    })
  return { buy: () => end(toSold), release: async () => void (await end(toAvailable)) }
}

/**
 * The buyer's transaction stays open, with the rows locked, until the buyer has decided or the time of a hold is over.
 * The lock is the hold: nothing is written until the seats are sold.
 */
const longRowLock: HoldDesign = {
  name: 'long row lock',
  async open({ database, holdTtlMs }) {
    const open = new Set<Promise<unknown>>()
    return {
      hold(seatNos) {
        const held = Promise.withResolvers<HeldSeats | null>()
        const decision = Promise.withResolvers<'buy' | 'release'>()
        const sold = database.transaction(async (db) => {
          if (!(await lockAll(db, seatNos, isAvailable))) {
            held.resolve(null)
            return false
          }
          const timeUp = setTimeout(decision.resolve, holdTtlMs, 'release')
          const end = (decided: 'buy' | 'release') => {
            decision.resolve(decided)
            return sold
          }
          held.resolve({ buy: () => end('buy'), release: async () => void (await end('release')) })
          const isBought = (await decision.promise) === 'buy'
          clearTimeout(timeUp)
          if (isBought) await mark(db, seatNos, toSold)
          return isBought
        })
        open.add(sold)
        sold.catch(held.reject).finally(() => open.delete(sold))
        return held.promise
      },
      async close() {
        await Promise.allSettled(open)
      },
    }
  },
}

/** A seat is free when its row says so; a job that comes round every so often frees those whose hold has run out. */
const statusAndCron: HoldDesign = {
  name: 'status + cron',
  async open(lab) {
    const closing = new AbortController()
    const due = `SELECT seat_no FROM seats WHERE status = 'held' AND held_until <= now() ORDER BY seat_no FOR UPDATE SKIP LOCKED`
    const sweep = async () => {
      while (!closing.signal.aborted) {
        await wait(lab.sweepEveryMs, undefined, { signal: closing.signal }).catch(() => undefined)
        const freeing = lab.database.query(`UPDATE seats SET ${toAvailable} WHERE seat_no IN (${due})`)
        await freeing.catch((error: unknown) => {
          // It gets no connection for itself: the next round will find what this one leaves.
          if (!(error instanceof OutOfTime)) throw error
        })
      }
    }
    const sweeping = sweep()
    return {
      hold: (seatNos) => holdInShortTransaction(lab, { seatNos, isFree: isAvailable }),
      async close() {
        closing.abort()
        await sweeping
      },
    }
  },
}

/** A seat is free when its row says so or when its hold has run out: expiry is a comparison and nobody's job. */
const implicitExpiry: HoldDesign = {
  name: 'implicit expiry',
  async open(lab) {
    return {
      hold: (seatNos) => holdInShortTransaction(lab, { seatNos, isFree: isAvailableOrExpired }),
      close: async () => undefined,
    }
  },
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    labLockSeats(seats: number, ...keysThenHoldAndMs: (string | number)[]): Result<number[], Context>
    labEndLocks(seats: number, ...keysThenHoldAndMs: (string | number)[]): Result<number, Context>
  }
}

const script = (name: string) => ({ lua: readFileSync(new URL(name, import.meta.url), 'utf8') })
/** Bounds the harm of a process that dies between lock and commit. */
const untilCommitMs = 3_000

/**
 * One script locks all the seats in Redis or names those that are taken, so that losers end without SQL; the winner goes
 * on to the short transaction, which alone decides. Redis away or forgetful costs the filter and nothing else.
 */
const redisLock: HoldDesign = {
  name: 'Redis lock + implicit expiry',
  async open(lab) {
    const log = createLogger({ name: 'hold-designs', instance: 'lab', level: 'fatal' })
    const redis = createRedis({ url: lab.redisUrl, name: 'hold-designs', log })
    redis.defineCommand('labLockSeats', script('lock-seats.lua'))
    redis.defineCommand('labEndLocks', script('end-locks.lua'))
    await until('Redis is ready', () => redis.status === 'ready')
    return {
      async hold(seatNos) {
        const holdId = randomUUID()
        const keys = seatNos.map((seatNo) => `{house}:seat:${seatNo}`)
        const taken = await redis.labLockSeats(keys.length, ...keys, holdId, untilCommitMs).catch(() => [])
        if (taken.length > 0) return null
        // A lock that could not be ended ends by itself.
        const endLocksIn = (ms: number) => redis.labEndLocks(keys.length, ...keys, holdId, ms).catch(() => undefined)
        let held: HeldSeats | null = null
        try {
          held = await holdInShortTransaction(lab, { seatNos, isFree: isAvailableOrExpired, holdId })
        } finally {
          await endLocksIn(held === null ? 0 : lab.holdTtlMs)
        }
        if (held === null) return null
        const { buy, release } = held
        return { buy, release: () => release().then(async () => void (await endLocksIn(0))) }
      },
      close: async () => redis.disconnect(),
    }
  },
}

/** From bad to good to ours. */
export const designs: readonly HoldDesign[] = [longRowLock, statusAndCron, implicitExpiry, redisLock]

/**
 * Sells seats twice, on purpose: looks whether they are free, then writes, and nothing holds the two together. Shows that the lab sees
 * two buyers with one seat when there are any.
 */
export const control: HoldDesign = {
  name: 'control: no condition',
  async open({ database, holdTtlMs }) {
    return {
      async hold(seatNos) {
        const sql = `SELECT FROM seats WHERE seat_no = ANY($1) AND ${isAvailableOrExpired}`
        if ((await database.query(sql, [seatNos])).length < seatNos.length) return null
        await markHeld(database, seatNos, randomUUID(), holdTtlMs)
        return {
          buy: async () => (await mark(database, seatNos, toSold)) !== undefined,
          release: async () => void (await mark(database, seatNos, toAvailable)),
        }
      },
      close: async () => undefined,
    }
  },
}
