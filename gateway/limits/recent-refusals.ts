import type { IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { FindAnswer } from '../http/listener.ts'
import type { RateClass } from './quota.ts'
import type { RateLimits } from './rate-limits.ts'

/** A refusal, by the rate-limit key that it counts for. */
interface Refusal {
  readonly rateClass: RateClass
  readonly id: string
  readonly endpoint: string
}

const maxRefusals = 10_000
/** Of addresses, token, cookie and URL together. */
const maxKeyLength = 2_048

/** GETs that Koa has refused, so that their repetitions are refused in front of Koa while the refusal lasts. */
export class RecentRefusals {
  readonly #limits: RateLimits
  readonly #refusals = new LRUCache<string, Refusal>({ max: maxRefusals })

  constructor(limits: RateLimits) {
    this.#limits = limits
  }

  /** Remembers the refusal of a request. Writes are never refused from memory: their body decides their rate class. */
  add(req: IncomingMessage, refusal: Refusal): void {
    const key = keyOf(req)
    if ((req.method === 'GET' || req.method === 'HEAD') && key.length <= maxKeyLength) this.#refusals.set(key, refusal)
  }

  /** The refusal of an equal request, if it still lasts. */
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

/** A flood of refusals must not push out traces worth reading. */
const refusalsBeginNoTrace = (): boolean => false

/** Everything by which a caller is known, before it is verified. Line breaks stand in none of the parts. */
function keyOf({ url, headers, socket }: IncomingMessage): string {
  const { authorization = '', cookie = '', 'x-forwarded-for': forwardedFor = '' } = headers
  return `${url}\n${forwardedFor}\n${authorization}\n${cookie}\n${socket.remoteAddress}`
}
