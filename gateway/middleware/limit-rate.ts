import rateLimit from 'koa-ratelimit'
import { TicketingError } from '#shared/errors.ts'
import { clientNetwork } from '../client-address.ts'
import type { Dependencies } from '../dependencies.ts'
import { type RateClass, rateWindowMs } from '../limits/rate-classes.ts'
import type { LimitRule } from '../routes/route.ts'
import type { Context, Middleware } from './state.ts'

const passThrough: Middleware = (_ctx, next) => next()

/** The ceiling over everything that comes from one address; stands before the body is read. */
export function limitAddress(dependencies: Dependencies): Middleware {
  return limiter('address', (ctx) => ctx.state.client, dependencies)
}

/**
 * Limits the requests of one caller in one class of routes: a caller with a token by name, in demo mode, where names
 * cost nothing, by address and name together, everybody else by address.
 */
export function limitCaller(rule: LimitRule, dependencies: Dependencies): Middleware {
  if (typeof rule === 'string') return limiter(rule, callerKey(dependencies), dependencies)
  const limiters = new Map<RateClass, Middleware>()
  return (ctx, next) => {
    const rateClass = rule(ctx.state.body)
    const known = limiters.get(rateClass) ?? limiter(rateClass, callerKey(dependencies), dependencies)
    limiters.set(rateClass, known)
    return known(ctx, next)
  }
}

function callerKey({ identity }: Dependencies): (ctx: Context) => string {
  return (ctx) => {
    const { client, caller, knownAs } = ctx.state
    if (identity.mode === 'demo') return `${client} ${knownAs}`
    return caller.role === 'anonymous' ? client : `${caller.role}:${caller.id}`
  }
}

function limiter(rateClass: RateClass, keyOf: (ctx: Context) => string, dependencies: Dependencies): Middleware {
  const max = dependencies.rateLimits?.[rateClass]
  if (max === undefined) return passThrough
  dependencies.metrics.announceRateClass(rateClass)
  const windowSeconds = rateWindowMs / 1_000
  const showLimit = (ctx: Context): void => {
    const left = ctx.response.get('X-RateLimit-Remaining')
    const seconds = Math.max(1, Number(ctx.response.get('X-RateLimit-Reset')) - Math.ceil(Date.now() / 1_000))
    ctx.set('RateLimit-Policy', `"${rateClass}";q=${max};w=${windowSeconds}`)
    ctx.set('RateLimit', `"${rateClass}";r=${left};t=${seconds}`)
  }
  const count = rateLimit({
    driver: 'redis',
    // Its type asks for a whole Redis client; what it uses is the one method that RequestWindows has.
    db: dependencies.windows as unknown as rateLimit.MiddlewareOptions['db'],
    duration: rateWindowMs,
    max,
    id: (ctx: unknown) => `${rateClass}:${keyOf(ctx as Context)}`,
    onLimited: (limited: unknown) => {
      const ctx = limited as Context
      showLimit(ctx)
      dependencies.metrics.limited(rateClass)
      const untilReset = Number(ctx.response.get('X-RateLimit-Reset')) * 1_000 - Date.now()
      throw new TicketingError('rate_limited', `At most ${max} such requests in ${windowSeconds} seconds.`, {
        extra: { retry_after_ms: Math.max(1_000, untilReset) },
      })
    },
  } as rateLimit.MiddlewareOptions) as Middleware
  return (ctx, next) =>
    count(ctx, () => {
      showLimit(ctx)
      return next()
    })
}

/** Notes the address that limits count, found behind trusted proxies. */
export function readClientAddress({ clientAddresses }: Dependencies): Middleware {
  return (ctx, next) => {
    const address = clientAddresses.of(ctx.req.socket.remoteAddress ?? '', ctx.get('x-forwarded-for'))
    ctx.state.client = clientNetwork(address)
    return next()
  }
}
