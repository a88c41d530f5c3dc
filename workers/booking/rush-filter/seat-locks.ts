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

/** The seats for one hold. */
export interface WantedSeats {
  /** Chosen before the transaction that creates the hold. */
  readonly hold: Key
  readonly userId: string
  readonly seatNos: readonly number[]
}

/** A lock of another request. */
export interface OthersLock {
  readonly seatNo: number
  /** Own id of the hold, which may have failed or ended since. */
  readonly holdId: string
  /** Whether another request of the same buyer has the lock. */
  readonly sameBuyer: boolean
  /** Time until the lock ends, by the clock of Redis. */
  readonly leftMs: number
}

/** After a failure Redis is not used for this long: while it is slow, buyers must not all wait for its deadline. */
const pauseMs = 500

const script = (name: string): string => readFileSync(join(import.meta.dirname, 'seat-locks', `${name}.lua`), 'utf8')

/**
 * Locks of single seats in Redis. They refuse the losers of a rush without any SQL, but decide nothing: Postgres decides about the owner of
 * a lock, and about every request while Redis is unavailable, slow or empty.
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

  /** Locks all of the seats, or none and returns the locks of others. Returns `[]` also when Redis does not answer. */
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

  /** Unlocks the seats that this hold has locked. Never throws: locks expire. */
  async unlock({ hold, seatNos }: Pick<WantedSeats, 'hold' | 'seatNos'>): Promise<void> {
    const keys = keysOf({ hold, seatNos })
    if (keys.length === 0) return
    await this.#ask('unlock-seats', () => this.#redis.unlockSeats(keys.length, ...keys, hold.ownId))
  }

  /** Runs a script; `undefined` if Redis fails, or failed a moment ago. */
  async #ask<Reply>(scriptName: string, question: () => Promise<Reply>): Promise<Reply | undefined> {
    if (performance.now() < this.#pausedUntil) return undefined
    try {
      const reply = await withRedisSpan(scriptName, question)
      if (this.#failing) this.#log.info('seat locks were resumed')
      this.#failing = false
      return reply
    } catch (error) {
      this.#pausedUntil = performance.now() + pauseMs
      if (!this.#failing) this.#log.warn({ err: error }, 'seat locks failed; holds go straight to the database')
      this.#failing = true
      return undefined
    }
  }
}

/** All keys of an event share its hash tag, so that one script can use them in a cluster. */
function keysOf({ hold, seatNos }: Pick<WantedSeats, 'hold' | 'seatNos'>): string[] {
  return seatNos.map((seatNo) => `seat-lock:{${hold.eventId}}:${seatNo}`)
}

function lockValue({ hold, userId }: WantedSeats): string {
  return `${hold.ownId} ${ownerOf(userId)}`
}

/** A digest that distinguishes buyers without their ids. */
function ownerOf(userId: string): string {
  return hash('sha256', userId, 'base64url').slice(0, 22)
}
