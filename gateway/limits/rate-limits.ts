import type { IncomingMessage } from 'node:http'
import { anonymous, type Caller } from '#shared/messaging/caller.ts'
import type { ClientAddresses } from '../http/client-address.ts'
import { noEndpoint, type RequestContext, sendProblem } from '../http/request-context.ts'
import type { Mode } from '../identity/identify.ts'
import type { GatewayMetrics } from '../metrics.ts'
import { Quota, type QuotaState, type RateClass, windowMs } from './quota.ts'
import type { TokenBuckets } from './token-buckets.ts'

/** Prefix of all keys in Redis. */
export const limitNamespace = 'limit'

/** The rate limits of one gateway: a quota for each rate class, and the buckets that all gateways share. */
export class RateLimits {
  readonly buckets: TokenBuckets
  readonly #quotas: Readonly<Record<RateClass, Quota>>
  readonly #metrics: GatewayMetrics

  /** `maxima`: requests per minute and key. */
  constructor(parts: { maxima: Record<RateClass, number>; buckets: TokenBuckets; metrics: GatewayMetrics }) {
    const { maxima, buckets, metrics } = parts
    const quotas = Object.entries(maxima).map(([name, max]) => [name, new Quota(name as RateClass, max)])
    this.#quotas = Object.fromEntries(quotas) as Record<RateClass, Quota>
    this.buckets = buckets
    this.#metrics = metrics
    for (const { rateClass } of Object.values(this.#quotas)) metrics.announceRateClass(rateClass)
  }

  quota(rateClass: RateClass): Quota {
    return this.#quotas[rateClass]
  }

  /** Counts one request. When the quota is used up, sends the refusal and answers null. */
  async admit(request: RequestContext, rateClass: RateClass, id: string): Promise<QuotaState | null> {
    const quota = this.#quotas[rateClass]
    const counted = this.buckets.ratelimiter(keyOf(rateClass, id), 0, windowMs, quota.max)
    // Within a lease the answer needs no call, and an `await` would cost as much as the count.
    const [left, reset] = counted instanceof Promise ? await counted : counted
    if (left > 0) return { remaining: left - 1, reset }
    this.refuse(request, rateClass, reset)
    return null
  }

  /** Sends a 429. `reset`: epoch seconds of the next token. */
  refuse(request: RequestContext, rateClass: RateClass, reset: number): void {
    const { headers, problem } = this.#quotas[rateClass].refusal(reset)
    request.headers.push(...headers)
    // Refused clients may repeat as fast as the network allows: metrics count every refusal, the log keeps a sample.
    request.isRoutine = true
    this.#metrics.limited(rateClass)
    sendProblem(request, problem)
  }

  /** The reset of a refusal that is still valid, in epoch seconds; undefined: ask Redis. */
  refusedUntil(rateClass: RateClass, id: string): number | undefined {
    return this.buckets.refusedUntil(keyOf(rateClass, id))
  }
}

function keyOf(rateClass: RateClass, id: string): string {
  return `${limitNamespace}:${rateClass}:${id}`
}

/**
 * The rate-limit key of a caller. Users and organisers count by name, others by address. In demo mode, where anybody can claim any name,
 * all count by address and claimed name together.
 */
export function rateLimitKey(mode: Mode, client: string, caller: Caller, claimedName: string): string {
  if (mode === 'demo') return `${client} ${claimedName}`
  return caller.role === 'anonymous' ? client : `${caller.role}:${caller.id}`
}

/** Counts public reads in front of Koa. */
export interface PublicLimits {
  /** Counts one request, by its address and in its rate class. Returns false if it has sent a refusal. */
  admit(request: RequestContext, rateClass: RateClass): Promise<boolean>
  /** Whether a remembered refusal is still valid for this request. */
  refuses(req: IncomingMessage, rateClass: RateClass): boolean
}

/** The limits of public reads and pages that the listener answers without Koa. */
export function publicLimits(limits: RateLimits, mode: Mode, clientAddresses: ClientAddresses): PublicLimits {
  const idOf = (client: string): string => rateLimitKey(mode, client, anonymous, '')
  return {
    async admit(request, rateClass) {
      const client = clientAddresses.clientOf(request.req)
      const { endpoint } = request
      // The order of Koa's middleware: first the limit of the address, then that of the route.
      request.endpoint = noEndpoint
      if ((await limits.admit(request, 'address', client)) === null) return false
      request.endpoint = endpoint
      const state = await limits.admit(request, rateClass, idOf(client))
      if (state === null) return false
      request.headers.push(...limits.quota(rateClass).headers(state))
      return true
    },
    refuses(req, rateClass) {
      const client = clientAddresses.clientOf(req)
      return (limits.refusedUntil('address', client) ?? limits.refusedUntil(rateClass, idOf(client))) !== undefined
    },
  }
}
