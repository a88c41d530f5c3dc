import type Koa from 'koa'
import koaRateLimit from 'koa-ratelimit'
import { errorCodeOf } from '#shared/errors.ts'
import { type QuotaState, type RateClass, windowMs } from '../limits/quota.ts'
import { limitNamespace, type RateLimits } from '../limits/rate-limits.ts'
import type { RecentRefusals } from '../limits/recent-refusals.ts'
import type { RateClassRule } from '../routes/route.ts'
import { type Context, type Middleware, setHeaders } from './context.ts'
import { hasBody } from './read-body.ts'

/** Creates a middleware that counts requests of a rate class by an id. */
export type RateLimit = (rule: RateClassRule, idOf: (ctx: Context) => string) => Middleware

/** `limits` null: requests are not limited. */
export function createRateLimit(limits: { limits: RateLimits; refusals: RecentRefusals } | null): RateLimit {
  if (limits === null) return () => (_ctx, next) => next()
  return (rule, idOf) => {
    if (typeof rule === 'string') return rateLimit(rule, idOf, limits)
    const byClass = new Map<RateClass, Middleware>()
    return (ctx, next) => {
      const rateClass = rule(ctx.state.isBodyRead || !hasBody(ctx) ? ctx.state.body : undefined)
      const middleware = byClass.get(rateClass) ?? rateLimit(rateClass, idOf, limits)
      byClass.set(rateClass, middleware)
      return middleware(ctx, next)
    }
  }
}

/**
 * Runs `work` and counts an `unauthenticated` failure against the address. Answers null after it has sent a refusal. While the quota is
 * used up, refuses before `work` runs: even a correct guess is refused.
 */
export type LimitFailures = <Result>(
  ctx: Context,
  options: { readonly isGuess: boolean },
  work: () => Promise<Result>,
) => Promise<{ readonly result: Result } | null>

/** `limits` null: failures are not limited. */
export function createLimitFailures(parts: { limits: RateLimits; refusals: RecentRefusals } | null): LimitFailures {
  if (parts === null) return async (_ctx, _options, work) => ({ result: await work() })
  const rateClass = 'failed-authentication'
  const count = rateLimit(rateClass, (ctx) => ctx.state.client, parts)
  const { limits } = parts
  return async (ctx, { isGuess }, work) => {
    const { client, request } = ctx.state
    const reset = isGuess ? limits.refusedUntil(rateClass, client) : undefined
    if (reset !== undefined) {
      limits.refuse(request, rateClass, reset)
      return null
    }
    try {
      return { result: await work() }
    } catch (error) {
      if (errorCodeOf(error) !== 'unauthenticated') throw error
      await count(ctx as Koa.Context, () => {
        throw error
      })
      return null
    }
  }
}

function rateLimit(
  rateClass: RateClass,
  idOf: (ctx: Context) => string,
  { limits, refusals }: { limits: RateLimits; refusals: RecentRefusals },
): Middleware {
  const quota = limits.quota(rateClass)
  const count = koaRateLimit({
    driver: 'redis',
    // The type demands a whole Redis client, but the library only calls `ratelimiter`.
    db: limits.buckets as unknown as koaRateLimit.MiddlewareOptions['db'],
    namespace: limitNamespace,
    duration: windowMs,
    max: quota.max,
    id: (ctx) => `${rateClass}:${idOf(ctx as Context)}`,
    // Never sent, see below. The library's default would format a sentence for each refusal.
    errorMessage: 'rate_limited',
  })
  return async (ctx, next) => {
    let isAdmitted = false
    // The library reports its count through X-RateLimit-* headers. An inner limit overwrites them.
    await count(ctx as Koa.Context, () => {
      isAdmitted = true
      setHeaders(ctx, quota.draftHeaders(stateFrom(ctx)))
      return next()
    })
    if (isAdmitted) return
    const { request } = ctx.state
    refusals.add(ctx.req, { rateClass, id: idOf(ctx), endpoint: request.endpoint })
    limits.refuse(request, rateClass, stateFrom(ctx).reset)
  }
}

function stateFrom({ response }: Context): QuotaState {
  return { remaining: Number(response.get('X-RateLimit-Remaining')), reset: Number(response.get('X-RateLimit-Reset')) }
}
