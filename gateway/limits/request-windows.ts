import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from 'ioredis'
import { withRedisSpan } from '#shared/observability/redis-span.ts'
import type { RedisClient } from '#shared/redis.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    countInWindow(key: string, durationMs: number): Result<[count: number, leftMs: number], Context>
  }
}

/** What koa-ratelimit asks of its `db`: requests left including this one, end of the window in epoch seconds, maximum. */
export type RateLimitAnswer = [remaining: number, resetSeconds: number, total: number]

interface LocalWindow {
  count: number
  endsAt: number
}

/** More callers than this at once while Redis is away: the oldest windows are forgotten. */
const maxLocalWindows = 100_000

const countInWindow = readFileSync(join(import.meta.dirname, 'count-in-window.lua'), 'utf8')

/**
 * The `db` behind koa-ratelimit: counters in Redis shared by all gateways; while Redis is away a local count against the
 * maximum divided by the number of gateways, so that selling goes on and the limit still holds about.
 */
export class RequestWindows {
  readonly #redis: RedisClient
  readonly #gateways: number
  readonly #onLocal: () => void
  readonly #local = new Map<string, LocalWindow>()

  constructor(options: { redis: RedisClient; gateways: number; onLocal: () => void }) {
    this.#redis = options.redis
    this.#gateways = options.gateways
    this.#onLocal = options.onLocal
    this.#redis.defineCommand('countInWindow', { numberOfKeys: 1, lua: countInWindow })
  }

  /** The method by which koa-ratelimit calls its `db`; `durationMs` and `max` come from its options. */
  async ratelimiter(key: string, _nowMicros: number, durationMs: number, max: number): Promise<RateLimitAnswer> {
    try {
      const [count, leftMs] = await withRedisSpan('count-in-window', () => this.#redis.countInWindow(key, durationMs))
      return answer(count, max, leftMs)
    } catch {
      this.#onLocal()
      return this.#countLocally(key, durationMs, Math.max(1, Math.floor(max / this.#gateways)))
    }
  }

  #countLocally(key: string, durationMs: number, max: number): RateLimitAnswer {
    const now = Date.now()
    let window = this.#local.get(key)
    if (window === undefined || window.endsAt <= now) {
      window = { count: 0, endsAt: now + durationMs }
      this.#local.delete(key)
      this.#local.set(key, window)
      const oldest = this.#local.keys().next().value
      if (this.#local.size > maxLocalWindows && oldest !== undefined) this.#local.delete(oldest)
    }
    window.count += 1
    return answer(window.count, max, window.endsAt - now)
  }
}

function answer(count: number, max: number, leftMs: number): RateLimitAnswer {
  return [Math.max(0, max - count + 1), Math.ceil((Date.now() + Math.max(leftMs, 1)) / 1_000), max]
}
