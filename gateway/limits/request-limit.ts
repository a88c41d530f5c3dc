import type { HeaderLines } from '../header-lines.ts'
import { type ProblemText, problemOf, problemText } from '../problems.ts'
import { RecentMap } from '../recent-map.ts'
import { type RateClass, rateWindowMs } from './rate-classes.ts'
import type { RateLimitAnswer } from './rate-limit-answer.ts'

/** Before the names of all counters in Redis. */
export const limitNamespace = 'limit'

/** As many as refusals are noted. */
const recentKeys = 10_000

const windowSeconds = rateWindowMs / 1_000

/** What a client is told of a limit. */
export interface LimitStanding {
  /** Requests left after this one. */
  readonly remaining: number
  /** Epoch seconds. */
  readonly reset: number
}

/** What a client is told of an answer of `LeasedLimits`, which counts the present request as left. */
export function standingOf([left, reset]: RateLimitAnswer): LimitStanding {
  return { remaining: Math.max(0, left - 1), reset }
}

/** What is the same in all refusals that are sent within one second and end at the same time. */
export interface LimitRefusal {
  readonly headers: HeaderLines
  readonly problem: ProblemText
}

/** The limit of one class of requests, and how clients are told of it. */
export class RequestLimit {
  readonly rateClass: RateClass
  /** Requests per window and caller. */
  readonly max: number
  /** All that is the same in each answer. */
  readonly #policy: HeaderLines
  readonly #detail: string
  /** By their end, those of the present second. */
  readonly #refusals = new Map<number, LimitRefusal>()
  #presentSecond = 0
  readonly #keys = new RecentMap<string>({ size: recentKeys })

  constructor(rateClass: RateClass, max: number) {
    this.rateClass = rateClass
    this.max = max
    this.#policy = `RateLimit-Policy: "${rateClass}";q=${max};w=${windowSeconds}\r\nX-RateLimit-Limit: ${max}\r\n`
    this.#detail = `At most ${max} such requests in ${windowSeconds} seconds.`
  }

  /** Who is counted, as koa-ratelimit is told. */
  idOf(caller: string): string {
    return `${this.rateClass}:${caller}`
  }

  /**
   * The key of a caller's counter, as koa-ratelimit makes it. Remembered: to look up a text that was just put together takes longer
   * than to find what was put together before.
   */
  keyOf(caller: string): string {
    const known = this.#keys.get(caller)
    if (known !== undefined) return known
    const key = `${limitNamespace}:${this.idOf(caller)}`
    this.#keys.set(caller, key)
    return key
  }

  /** Those of the IETF draft "RateLimit header fields for HTTP", and those that were usual before it. */
  headers({ remaining, reset }: LimitStanding): HeaderLines {
    const seconds = Math.max(1, reset - Math.ceil(Date.now() / 1_000))
    const draft = `${this.#policy}RateLimit: "${this.rateClass}";r=${remaining};t=${seconds}\r\n`
    return `${draft}X-RateLimit-Remaining: ${remaining}\r\nX-RateLimit-Reset: ${reset}\r\n`
  }

  /** Ready to be sent. Not thrown: to carry an error through all layers would cost more than all else here. */
  refusal({ reset }: LimitStanding): LimitRefusal {
    const second = Math.floor(Date.now() / 1_000)
    if (second !== this.#presentSecond) {
      this.#presentSecond = second
      this.#refusals.clear()
    }
    const known = this.#refusals.get(reset)
    if (known !== undefined) return known
    const problem = problemOf('rate_limited', this.#detail, { retry_after_ms: Math.max(1, reset - second) * 1_000 })
    const refusal = { headers: this.headers({ remaining: 0, reset }), problem: problemText(problem) }
    this.#refusals.set(reset, refusal)
    return refusal
  }
}

/** Of each class. */
export type RequestLimits = Readonly<Record<RateClass, RequestLimit>>

/** `maxima`: requests a window and caller. */
export function createRequestLimits(maxima: Record<RateClass, number>): RequestLimits {
  const limits = Object.entries(maxima).map(([name, max]) => [name, new RequestLimit(name as RateClass, max)])
  return Object.fromEntries(limits) as Record<RateClass, RequestLimit>
}
