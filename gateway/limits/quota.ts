import { type Problem, problemOf } from '../http/problems.ts'
import type { HeaderList } from '../http/request-context.ts'

/** Requests per minute and rate-limit key, by class of route, over all gateways together. */
export const defaultQuotas = {
  /** GET /bookings. */
  'my-bookings': 10,
  /** POST /purchase without a body, which buys a demo seat. */
  'demo-purchase': 10,
  /** Requests with a body from one address, in demo mode without a token: there, only the body names the user. */
  'demo-body': 6_000,
  /** Wrong tokens, and wrong keys of organisers and of the door, from one address. */
  'failed-authentication': 60,
  browse: 60_000,
  search: 6_000,
  /** Reads of a caller's own things, releases of holds, leaving a waiting list, and signing in. */
  'my-things': 600,
  sell: 60,
  /** Exports and erasures of a caller's data, which read or write all of it. */
  privacy: 6,
  /** A place in a queue: one poll a second near the front, and claims. */
  queue: 180,
  organise: 600,
  /** All gates together: they share one key. A hundred of them scan once a second. */
  door: 6_000,
  /** All requests from one address. */
  address: 120_000,
}

export type RateClass = keyof typeof defaultQuotas

export const windowMs = 60_000
const windowSeconds = windowMs / 1_000

/** The rest of a quota: `remaining` requests after the current one; `reset` in epoch seconds. */
export interface QuotaState {
  readonly remaining: number
  readonly reset: number
}

export interface Refusal {
  readonly headers: HeaderList
  readonly problem: Problem
}

/** The quota of one rate class. */
export class Quota {
  readonly rateClass: RateClass
  /** Requests per window and key. */
  readonly max: number
  /** Refusals of the current second, by their reset. */
  readonly #refusals = new Map<number, Refusal>()
  #second = 0

  constructor(rateClass: RateClass, max: number) {
    this.rateClass = rateClass
    this.max = max
  }

  /** The headers of the IETF draft "RateLimit header fields for HTTP". */
  draftHeaders({ remaining, reset }: QuotaState): HeaderList {
    const seconds = Math.max(1, reset - Math.ceil(Date.now() / 1_000))
    return [
      ...['RateLimit-Policy', `"${this.rateClass}";q=${this.max};w=${windowSeconds}`],
      ...['RateLimit', `"${this.rateClass}";r=${remaining};t=${seconds}`],
    ]
  }

  /** `draftHeaders` and the `X-RateLimit-*` headers, which koa-ratelimit also sets. */
  headers(state: QuotaState): HeaderList {
    return [
      ...this.draftHeaders(state),
      ...['X-RateLimit-Limit', String(this.max)],
      ...['X-RateLimit-Remaining', String(state.remaining)],
      ...['X-RateLimit-Reset', String(state.reset)],
    ]
  }

  /** Headers and problem of a refusal until `reset`, in epoch seconds. All refusals within one second share them. */
  refusal(reset: number): Refusal {
    const second = Math.floor(Date.now() / 1_000)
    if (second !== this.#second) this.#refusals.clear()
    this.#second = second
    const known = this.#refusals.get(reset)
    if (known !== undefined) return known
    const detail = `At most ${this.max} such requests in ${windowSeconds} seconds; wait as long as Retry-After says.`
    const refusal = {
      headers: this.headers({ remaining: 0, reset }),
      problem: problemOf('rate_limited', detail, { retry_after_ms: Math.max(1, reset - second) * 1_000 }),
    }
    this.#refusals.set(reset, refusal)
    return refusal
  }
}
