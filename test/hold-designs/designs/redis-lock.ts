import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from 'ioredis'
import { createLogger } from '#shared/observability/log.ts'
import { createRedis, type RedisClient } from '#shared/redis.ts'
import { until } from '../../support/until.ts'
import type { HeldSeats, HoldDesign, Lab } from '../hold-design.ts'
import { isAvailableOrExpired } from '../seat-table.ts'
import { holdInShortTransaction } from './short-transactions.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    labLockSeats(seats: number, ...keysThenHoldAndMs: (string | number)[]): Result<number[], Context>
    labEndLocks(seats: number, ...keysThenHoldAndMs: (string | number)[]): Result<number, Context>
  }
}

/** Bounds the harm of a process that dies between lock and commit. */
const untilCommitMs = 3_000
const readyWithinMs = 10_000

/**
 * One script locks all the seats in Redis or names those that are taken, so that losers end without SQL; the winner goes
 * on to the short transaction, which alone decides. Redis away or forgetful costs the filter and nothing else.
 */
export const redisLock: HoldDesign = {
  name: 'Redis lock + implicit expiry',
  async open(lab) {
    const log = createLogger({ name: 'hold-designs', instance: 'lab', level: 'fatal' })
    const redis = createRedis({ url: lab.redisUrl, name: 'hold-designs', log })
    redis.defineCommand('labLockSeats', { lua: readScript('lock-seats.lua') })
    redis.defineCommand('labEndLocks', { lua: readScript('end-locks.lua') })
    await until('Redis is ready', () => redis.status === 'ready', { timeoutMs: readyWithinMs })
    return {
      hold: (seatNos) => holdBehindFilter(lab, redis, seatNos),
      async close() {
        redis.disconnect()
      },
    }
  },
}

async function holdBehindFilter(lab: Lab, redis: RedisClient, seatNos: readonly number[]): Promise<HeldSeats | null> {
  const holdId = randomUUID()
  const keys = seatNos.map((seatNo) => `{house}:seat:${seatNo}`)
  const taken = await redis.labLockSeats(keys.length, ...keys, holdId, untilCommitMs).catch(() => [])
  if (taken.length > 0) return null
  // A lock that could not be ended ends by itself.
  const endLocksIn = (ms: number): Promise<unknown> =>
    redis.labEndLocks(keys.length, ...keys, holdId, ms).catch(() => undefined)
  let held: HeldSeats | null = null
  try {
    held = await holdInShortTransaction(lab, { seatNos, holdId, isFree: isAvailableOrExpired })
  } finally {
    await endLocksIn(held === null ? 0 : lab.holdTtlMs)
  }
  if (held === null) return null
  const { buy, release } = held
  return {
    buy,
    async release() {
      await release()
      await endLocksIn(0)
    },
  }
}

function readScript(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8')
}
