import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type Logger from 'bunyan'
import type { Result } from 'ioredis'
import type { Key } from '#shared/ids.ts'
import { type RedisClient, withRedisSpan } from '#shared/redis.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    lockSeats(keyCount: number, ...keysAndArguments: string[]): Result<(number | string)[], Context>
    unlockSeats(keyCount: number, ...keysAndArguments: string[]): Result<number, Context>
  }
}

/** Seats that one hold is to have. */
export interface WantedSeats {
  /** Chosen before the transaction that makes the hold. */
  readonly hold: Key
  readonly userId: string
  readonly seatNos: readonly number[]
}

/** A lock that somebody else has. */
export interface OthersLock {
  readonly seatNo: number
  /** Own id of the hold, which may have failed or ended meanwhile. */
  readonly holdId: string
  /** The same buyer, by another request. */
  readonly sameBuyer: boolean
  /** Until the lock ends, by the clock of Redis. */
  readonly leftMs: number
}

/** After a failure Redis is left alone for so long: while it is slow, not every buyer shall wait for its deadline. */
const pauseMs = 500

const script = (name: string): string => readFileSync(join(import.meta.dirname, 'seat-locks', `${name}.lua`), 'utf8')

/**
 * Locks of single seats in Redis, by which the losers of a rush learn without any SQL that they lost. They decide nothing:
 * Postgres judges the owner of a lock, and everybody while Redis is unavailable, slow or empty.
 */
export class SeatLocks {
  readonly #redis: RedisClient
  readonly #log: Logger
  #pausedUntil = Number.NEGATIVE_INFINITY
  #failing = false

  constructor({ redis, log }: { redis: RedisClient; log: Logger }) {
    this.#redis = redis
    this.#log = log
    redis.defineCommand('lockSeats', { lua: script('lock-seats') })
    redis.defineCommand('unlockSeats', { lua: script('unlock-seats') })
  }

  /** Locks all of the seats, or none and answers which ones others have. Also `[]` when Redis does not say. */
  async lock(wanted: WantedSeats, forMs: number): Promise<OthersLock[]> {
    const { seatNos, userId } = wanted
    const keys = keysOf(wanted)
    const answer = await this.#ask('lock-seats', () =>
      this.#redis.lockSeats(keys.length, ...keys, lockValue(wanted), String(forMs)),
    )
    const taken: OthersLock[] = []
    for (let index = 0; index < (answer?.length ?? 0); index += 3) {
      const seatNo = seatNos[Number(answer?.[index])]
      const [holdId = '', owner] = String(answer?.[index + 1]).split(' ')
      const leftMs = Number(answer?.[index + 2])
      if (seatNo !== undefined) taken.push({ seatNo, holdId, sameBuyer: owner === ownerOf(userId), leftMs })
    }
    return taken
  }

  /** Gives those locks back that are the hold's. Never throws: locks end by themselves. */
  async unlock({ hold, seatNos }: Pick<WantedSeats, 'hold' | 'seatNos'>): Promise<void> {
    const keys = keysOf({ hold, seatNos })
    if (keys.length === 0) return
    await this.#ask('unlock-seats', () => this.#redis.unlockSeats(keys.length, ...keys, hold.ownId))
  }

  /** Runs a script; `undefined` when Redis fails, or did a moment ago. */
  async #ask<Reply>(scriptName: string, question: () => Promise<Reply>): Promise<Reply | undefined> {
    if (performance.now() < this.#pausedUntil) return undefined
    try {
      const reply = await withRedisSpan(scriptName, question)
      if (this.#failing) this.#log.info('seat locks work again')
      this.#failing = false
      return reply
    } catch (error) {
      this.#pausedUntil = performance.now() + pauseMs
      if (!this.#failing) this.#log.warn({ err: error }, 'no seat locks; holds go straight to the database')
      this.#failing = true
      return undefined
    }
  }
}

/** All keys of an event share its hash tag, so that one script may touch them in a cluster. */
function keysOf({ hold, seatNos }: Pick<WantedSeats, 'hold' | 'seatNos'>): string[] {
  return seatNos.map((seatNo) => `seat-lock:{${hold.eventId}}:${seatNo}`)
}

function lockValue({ hold, userId }: WantedSeats): string {
  return `${hold.ownId} ${ownerOf(userId)}`
}

/** Tells buyers apart without naming them. */
function ownerOf(userId: string): string {
  return hash('sha256', userId, 'base64url').slice(0, 22)
}
