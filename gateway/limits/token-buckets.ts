import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from 'ioredis'
import { LRUCache } from 'lru-cache'
import { isCommandTimeout, type RedisClient, withRedisSpan } from '#shared/redis.ts'
import { freezeMs, type Grant, isLeased, Lease } from './lease.ts'
import { type Counted, type Limit, LocalBucket } from './local-bucket.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    grantTokens(
      key: string,
      max: number,
      windowMs: number,
      wanted: number,
      freezeMs: number,
      leased: 0 | 1,
      uncounted: number,
    ): Result<Grant, Context>
  }
}

/** One rate-limit key, and the requests that wait for its tokens. */
interface Bucket {
  readonly key: string
  readonly limit: Limit
  readonly lease: Lease
  /** Set from the first outage of Redis on. */
  local?: LocalBucket
  readonly waiting: ((counted: Counted) => void)[]
  isAsking: boolean
}

/** Keys that a gateway remembers. For other keys it asks Redis again. */
const maxBuckets = 100_000

/** How often a gateway tries Redis during an outage. */
const probeMs = 100

const grantTokens = readFileSync(join(import.meta.dirname, 'grant-tokens.lua'), 'utf8')

/**
 * The `db` of koa-ratelimit: token buckets in Redis that all gateways share. A gateway leases tokens, and decides without Redis within a
 * lease and while a refusal is valid. While Redis is unavailable each gateway decides alone, with the maximum divided by the number of
 * gateways. So selling continues, and the limit still holds approximately.
 */
export class TokenBuckets {
  readonly #redis: RedisClient
  readonly #gateways: number
  readonly #onLocal: () => void
  readonly #onError: (error: unknown) => void
  readonly #buckets = new LRUCache<string, Bucket>({ max: maxBuckets })
  #isRedisDown = false
  #probeAt = 0

  constructor(options: {
    readonly redis: RedisClient
    readonly gateways: number
    /** Called for each request that is decided without Redis. */
    onLocal(): void
    /** Called for each command that fails. */
    onError(error: unknown): void
  }) {
    this.#redis = options.redis
    this.#gateways = options.gateways
    this.#onLocal = options.onLocal
    this.#onError = options.onError
    this.#redis.defineCommand('grantTokens', { numberOfKeys: 1, lua: grantTokens })
  }

  /** Counts one request. koa-ratelimit calls its `db` by this name; the time that it passes is not used. */
  ratelimiter(key: string, _nowMicros: number, windowMs: number, max: number): Counted | Promise<Counted> {
    const bucket = this.#buckets.get(key)
    return bucket?.lease.decide(performance.now()) ?? this.#decide(bucket ?? this.#add(key, { max, windowMs }))
  }

  /** The epoch second until which this gateway remembers a refusal of the key; undefined: no refusal. */
  refusedUntil(key: string): number | undefined {
    const lease = this.#buckets.get(key)?.lease
    return lease?.verdict(performance.now()) === 'refused' ? lease.refuse()[1] : undefined
  }

  #add(key: string, limit: Limit): Bucket {
    const bucket: Bucket = { key, limit, lease: new Lease(limit), waiting: [], isAsking: false }
    this.#buckets.set(key, bucket)
    return bucket
  }

  #decide(bucket: Bucket): Counted | Promise<Counted> {
    if (this.#isRedisDown) {
      if (performance.now() >= this.#probeAt) void this.#probe(bucket)
      return this.#decideAlone(bucket)
    }
    return new Promise((resolve) => {
      bucket.waiting.push(resolve)
      if (!bucket.isAsking) void this.#ask(bucket)
    })
  }

  /** Asks Redis until no request waits. Requests that arrive in the meantime share the next answer. */
  async #ask(bucket: Bucket): Promise<void> {
    bucket.isAsking = true
    while (bucket.waiting.length > 0) {
      const isAnswered = await this.#grant(bucket, bucket.lease.wanted(bucket.waiting.length, performance.now()))
      this.#answerWaiting(bucket, isAnswered)
      // Retry at once: perhaps only this process was late.
      if (!isAnswered) void this.#probe(bucket)
    }
    bucket.isAsking = false
  }

  /** Asks for no tokens, in the background: no request waits for a Redis that is still unavailable. */
  async #probe(bucket: Bucket): Promise<void> {
    this.#probeAt = performance.now() + probeMs
    if (await this.#grant(bucket, 0)) this.#isRedisDown = false
  }

  /** Returns false when Redis does not answer. */
  async #grant(bucket: Bucket, wanted: number): Promise<boolean> {
    const { key, limit, lease } = bucket
    const { max, windowMs } = limit
    const askedAt = performance.now()
    const uncounted = wanted === 0 ? 0 : (bucket.local?.takeUncounted(askedAt) ?? 0)
    try {
      const ask = () =>
        this.#redis.grantTokens(key, max, windowMs, wanted, freezeMs(limit), isLeased(limit) ? 1 : 0, uncounted)
      lease.note(await withRedisSpan('grant-tokens', ask), askedAt)
      bucket.local?.noteAnswer()
      return true
    } catch (error) {
      this.#onError(error)
      this.#isRedisDown = true
      // Redis may still grant the tokens, too late.
      if (isCommandTimeout(error)) this.#localOf(bucket).noteLost(wanted)
      return false
    }
  }

  #answerWaiting(bucket: Bucket, isAnswered: boolean): void {
    const { lease, waiting } = bucket
    if (isAnswered) {
      // Use the tokens even if their lease has lapsed: they were granted for these requests.
      for (const admit of waiting.splice(0, lease.left)) admit(lease.use())
      if (lease.verdict(performance.now()) !== 'refused') return
    }
    for (const answer of waiting.splice(0)) answer(isAnswered ? lease.refuse() : this.#decideAlone(bucket))
  }

  #decideAlone(bucket: Bucket): Counted {
    this.#onLocal()
    return this.#localOf(bucket).decide(performance.now(), bucket.lease.bucket)
  }

  #localOf(bucket: Bucket): LocalBucket {
    bucket.local ??= new LocalBucket(bucket.limit, this.#gateways)
    return bucket.local
  }
}
