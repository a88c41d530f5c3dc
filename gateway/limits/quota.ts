import type { HeaderList } from '../http/request-context.ts'

/** Requests per minute and rate-limit key, by class of route, over all gateways together. */
export const defaultQuotas = {
  /** GET /bookings. */
  'my-bookings': 10,
  /** POST /purchase without a body, which buys a demo seat. */
  'demo-purchase': 10,
  browse: 60_000,
  search: 6_000,
  /** One hold, one booking, a session. */
  'my-things': 600,
  sell: 60,
  organise: 600,
  /** All requests from one address, whatever they ask for. */
  address: 120_000,
}

export type RateClass = keyof typeof defaultQuotas

export const windowMs = 60_000
const windowSeconds = windowMs / 1_000

/** What is left of a quota: `remaining` requests after the present one; `reset` in epoch seconds. */
export interface QuotaState {
  readonly remaining: number
  readonly reset: number
}

/** The quota of one rate class. */
export class Quota {
  readonly rateClass: RateClass
  /** Requests per window and key. */
  readonly max: number

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

  /** `draftHeaders` and the `X-RateLimit-*` headers, which koa-ratelimit sets as well. */
  headers(state: QuotaState): HeaderList {
    return [
      ...this.draftHeaders(state),
      ...['X-RateLimit-Limit', String(this.max)],
      ...['X-RateLimit-Remaining', String(state.remaining)],
      ...['X-RateLimit-Reset', String(state.reset)],
    ]
  }

  /** The sentence of a refusal. */
  get detail(): string {
    return `At most ${this.max} such requests in ${windowSeconds} seconds.`
  }
}
