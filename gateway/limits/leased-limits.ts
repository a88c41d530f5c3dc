import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from 'ioredis'
import { isCommandTimeout, type RedisClient, withRedisSpan } from '#shared/redis.ts'
import { RecentMap } from '../recent-map.ts'
import { CallerLease, freezeMs, type Grant, isLeased } from './caller-lease.ts'
import { LocalAllowance } from './local-allowance.ts'
import type { Limit } from './local-bucket.ts'
import type { RateLimitAnswer } from './rate-limit-answer.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    grantTokens(
      key: string,
      max: number,
      windowMs: number,
      wanted: number,
      freezeMs: number,
      leased: 0 | 1,
      unasked: number,
    ): Result<Grant, Context>
  }
}

/** One caller in one class, and the requests that wait for tokens of theirs. */
interface Caller {
  readonly key: string
  readonly limit: Limit
  readonly lease: CallerLease
  /** Once Redis has been away. */
  local?: LocalAllowance
  readonly waiting: ((answer: RateLimitAnswer) => void)[]
  isAsking: boolean
}

/** So many callers are remembered at least; of whoever is forgotten, Redis must be asked again. */
const recentCallers = 100_000

/** How often it is tried whether Redis is back. */
const lookAgainMs = 100

const grantTokens = readFileSync(join(import.meta.dirname, 'grant-tokens.lua'), 'utf8')

/**
 * The `db` behind koa-ratelimit: token buckets in Redis that all gateways share. Each gateway takes tokens as leases and
 * decides within one, or while a refusal lasts, without asking Redis. While Redis is away it decides alone, by the
 * maximum divided by the number of gateways, so that selling goes on and the limit still holds about.
 */
export class LeasedLimits {
  readonly #redis: RedisClient
  readonly #gateways: number
  readonly #onLocal: () => void
  readonly #callers = new RecentMap<Caller>({ size: recentCallers })
  #redisIsAway = false
  #lookAgainAt = 0

  constructor(options: { redis: RedisClient; gateways: number; onLocal: () => void }) {
    this.#redis = options.redis
    this.#gateways = options.gateways
    this.#onLocal = options.onLocal
    this.#redis.defineCommand('grantTokens', { numberOfKeys: 1, lua: grantTokens })
  }

  /** The method by which koa-ratelimit calls its `db`; `windowMs` and `max` come from its options. */
  ratelimiter(
    key: string,
    _nowMicros: number,
    windowMs: number,
    max: number,
  ): RateLimitAnswer | Promise<RateLimitAnswer> {
    const caller = this.#callers.get(key)
    return caller?.lease.decide(performance.now()) ?? this.#decide(caller ?? this.#meet(key, { max, windowMs }))
  }

  /** What this gateway knows of the counter `key`, if anything. */
  leaseOf(key: string): CallerLease | undefined {
    return this.#callers.get(key)?.lease
  }

  #meet(key: string, limit: Limit): Caller {
    const caller: Caller = { key, limit, lease: new CallerLease(limit), waiting: [], isAsking: false }
    this.#callers.set(key, caller)
    return caller
  }

  #decide(caller: Caller): RateLimitAnswer | Promise<RateLimitAnswer> {
    if (this.#redisIsAway) {
      if (performance.now() >= this.#lookAgainAt) void this.#lookAgain(caller)
      return this.#decideAlone(caller)
    }
    return new Promise((resolve) => {
      caller.waiting.push(resolve)
      if (!caller.isAsking) void this.#ask(caller)
    })
  }

  /** Asks until nobody waits; whoever comes meanwhile waits for the same answer or the next. */
  async #ask(caller: Caller): Promise<void> {
    caller.isAsking = true
    while (caller.waiting.length > 0) {
      const isAnswered = await this.#grant(caller, caller.lease.wanted(caller.waiting.length, performance.now()))
      this.#answerWaiting(caller, isAnswered)
      // At once, because it may have been this process that was late.
      if (!isAnswered) void this.#lookAgain(caller)
    }
    caller.isAsking = false
  }

  /** Nobody waits for it: a Redis that is still away would make them wait in vain. */
  async #lookAgain(caller: Caller): Promise<void> {
    this.#lookAgainAt = performance.now() + lookAgainMs
    if (await this.#grant(caller, 0)) this.#redisIsAway = false
  }

  /** False: Redis does not answer. */
  async #grant(caller: Caller, wanted: number): Promise<boolean> {
    const { key, limit, lease } = caller
    const { max, windowMs } = limit
    const askedAt = performance.now()
    const unasked = wanted === 0 ? 0 : (caller.local?.takeUnasked(askedAt) ?? 0)
    try {
      const ask = () =>
        this.#redis.grantTokens(key, max, windowMs, wanted, freezeMs(limit), isLeased(limit) ? 1 : 0, unasked)
      lease.note(await withRedisSpan('grant-tokens', ask), askedAt)
      caller.local?.noteAnswer()
      return true
    } catch (error) {
      this.#redisIsAway = true
      // Redis has it, and will grant the tokens to nobody.
      if (isCommandTimeout(error)) this.#localOf(caller).noteLost(wanted)
      return false
    }
  }

  #answerWaiting(caller: Caller, isAnswered: boolean): void {
    const { lease, waiting } = caller
    if (isAnswered) {
      // Whenever they lapse: they are used now.
      for (const admit of waiting.splice(0, lease.left)) admit(lease.use())
      if (lease.verdict(performance.now()) !== 'refused') return
    }
    for (const answer of waiting.splice(0)) answer(isAnswered ? lease.refuse() : this.#decideAlone(caller))
  }

  #decideAlone(caller: Caller): RateLimitAnswer {
    this.#onLocal()
    return this.#localOf(caller).decide(performance.now(), caller.lease.bucket)
  }

  #localOf(caller: Caller): LocalAllowance {
    caller.local ??= new LocalAllowance(caller.limit, this.#gateways)
    return caller.local
  }
}
