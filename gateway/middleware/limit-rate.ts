import type Koa from 'koa'
import rateLimit from 'koa-ratelimit'
import type { Dependencies } from '../dependencies.ts'
import { refuse } from '../exchange/refuse.ts'
import { callerKey } from '../limits/caller-key.ts'
import { knownAsker } from '../limits/foresee.ts'
import { type RateClass, rateWindowMs } from '../limits/rate-classes.ts'
import { type LimitStanding, limitNamespace } from '../limits/request-limit.ts'
import type { LimitRule } from '../routes/route.ts'
import type { Context, Middleware } from './state.ts'

const passThrough: Middleware = (_ctx, next) => next()

/** The ceiling over everything that comes from one address; stands before the body is read. */
export function limitAddress(dependencies: Dependencies): Middleware {
  return limiter('address', (ctx) => ctx.state.client, dependencies)
}

/** Limits the requests of one caller in one class of routes. */
export function limitCaller(rule: LimitRule, dependencies: Dependencies): Middleware {
  const keyOf = (ctx: Context): string => callerKey(ctx.state, dependencies.identity.mode)
  if (typeof rule === 'string') return limiter(rule, keyOf, dependencies)
  const limiters = new Map<RateClass, Middleware>()
  return (ctx, next) => {
    const rateClass = rule(ctx.state.body)
    const made = limiters.get(rateClass) ?? limiter(rateClass, keyOf, dependencies)
    limiters.set(rateClass, made)
    return made(ctx, next)
  }
}

function limiter(rateClass: RateClass, keyOf: (ctx: Context) => string, dependencies: Dependencies): Middleware {
  const { limits, leasedLimits, recentRequests } = dependencies
  if (limits === null) return passThrough
  const limit = limits[rateClass]
  dependencies.metrics.announceRateClass(rateClass)
  const count = rateLimit({
    driver: 'redis',
    // Its type asks for a whole Redis client; what it uses is the one method that LeasedLimits has.
    db: leasedLimits as unknown as rateLimit.MiddlewareOptions['db'],
    namespace: limitNamespace,
    duration: rateWindowMs,
    max: limit.max,
    id: (counted: unknown) => (counted as CountedRequest).id,
    headers: standingMembers,
    // Never sent; without it a sentence is made for every refusal.
    errorMessage: 'rate_limited',
  } as rateLimit.MiddlewareOptions) as unknown as (counted: CountedRequest, next: Koa.Next) => Promise<void>
  return async (ctx, next) => {
    const caller = keyOf(ctx)
    const counted = new CountedRequest(ctx, limit.idOf(caller))
    // Inner limits say it again, for themselves.
    ctx.state.limitHeaders = () => limit.headers(counted.standing)
    await count(counted, next)
    if (counted.status !== 429) return
    const { client, endpoint } = ctx.state
    const asker = knownAsker({ client, rateClass, caller }, { limits, leasedLimits })
    recentRequests.noteRefusal(ctx.req, { asker, endpoint })
    refuse(ctx, limit, counted.standing, dependencies)
  }
}

const standingMembers: Readonly<Record<keyof LimitStanding | 'total', string>> = {
  remaining: 'remaining',
  reset: 'reset',
  total: 'total',
}

/**
 * What koa-ratelimit sees of a request: it would set headers one by one, which costs more than to count, and a body of
 * plain text. Of both only what the headers say is kept, by the names under which it is told to say it.
 */
class CountedRequest {
  readonly ctx: Context
  readonly id: string
  readonly state = {}
  standing: LimitStanding = { remaining: 0, reset: 0 }
  body = ''
  status = 200

  constructor(ctx: Context, id: string) {
    this.ctx = ctx
    this.id = id
  }

  set(headers: LimitStanding | 'Retry-After'): void {
    if (headers !== 'Retry-After') this.standing = headers
  }
}
