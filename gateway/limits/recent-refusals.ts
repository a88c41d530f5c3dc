import type { IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { FindAnswer } from '../http/listener.ts'
import type { RateClass } from './quota.ts'
import type { RateLimits } from './rate-limits.ts'

/** A refusal, and the rate-limit key that it belongs to. */
interface RememberedRefusal {
  readonly rateClass: RateClass
  readonly id: string
  readonly endpoint: string
}

const maxRefusals = 10_000
/** Longest cache key: address, token, cookie and URL together. */
const maxKeyLength = 2_048

/** GETs that Koa has refused. The listener refuses repetitions without Koa while the refusal is valid. */
export class RecentRefusals {
  readonly #limits: RateLimits
  readonly #refusals = new LRUCache<string, RememberedRefusal>({ max: maxRefusals })

  constructor(limits: RateLimits) {
    this.#limits = limits
  }

  /** Remembers the refusal of a request. Writes are never refused from memory: their rate class depends on their body. */
  add(req: IncomingMessage, refusal: RememberedRefusal): void {
    const key = keyOf(req)
    if ((req.method === 'GET' || req.method === 'HEAD') && key.length <= maxKeyLength) this.#refusals.set(key, refusal)
  }

  /** The refusal of an equal request, if it is still valid. */
  readonly find: FindAnswer = (req) => {
    const refusal = this.#refusals.get(keyOf(req))
    if (refusal === undefined) return undefined
    const { rateClass, id, endpoint } = refusal
    const reset = this.#limits.refusedUntil(rateClass, id)
    if (reset === undefined) return undefined
    return {
      endpoint,
      mayBeginTrace: refusalsBeginNoTrace,
      send: (request) => this.#limits.refuse(request, rateClass, reset),
    }
  }
}

/** A flood of refusals must not displace traces worth reading. */
const refusalsBeginNoTrace = (): boolean => false

/** Everything that can identify a caller, unverified. No part contains a line break. */
function keyOf({ url, headers, socket }: IncomingMessage): string {
  const { authorization = '', cookie = '', 'x-forwarded-for': forwardedFor = '' } = headers
  return `${url}\n${forwardedFor}\n${authorization}\n${cookie}\n${socket.remoteAddress}`
}
