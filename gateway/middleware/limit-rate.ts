import type Koa from 'koa'
import rateLimit from 'koa-ratelimit'
import type { Dependencies } from '../dependencies.ts'
import { type RateClass, rateWindowMs } from '../limits/rate-classes.ts'
import { type Problem, problemOf } from '../problems.ts'
import type { LimitRule } from '../routes/route.ts'
import { sendProblem } from './send-problem.ts'
import type { Context, Middleware } from './state.ts'

const windowSeconds = rateWindowMs / 1_000

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
  const policy = `"${rateClass}";q=${max};w=${windowSeconds}`
  const headers = ({ remaining, reset }: LimitAnswer): string[] => {
    const seconds = Math.max(1, reset - Math.ceil(Date.now() / 1_000))
    return [
      'RateLimit-Policy',
      policy,
      'RateLimit',
      `"${rateClass}";r=${remaining};t=${seconds}`,
      'X-RateLimit-Limit',
      String(max),
      'X-RateLimit-Remaining',
      String(remaining),
      'X-RateLimit-Reset',
      String(reset),
    ]
  }
  const count = rateLimit({
    driver: 'redis',
    // Its type asks for a whole Redis client; what it uses is the one method that LeasedLimits has.
    db: dependencies.limits as unknown as rateLimit.MiddlewareOptions['db'],
    duration: rateWindowMs,
    max,
    id: (counted: unknown) => (counted as CountedRequest).key,
    headers: answerMembers,
    // Never sent; without it a sentence is made for every refusal.
    errorMessage: 'rate_limited',
  } as rateLimit.MiddlewareOptions) as unknown as (counted: CountedRequest, next: Koa.Next) => Promise<void>
  return async (ctx, next) => {
    const counted = new CountedRequest(ctx, `${rateClass}:${keyOf(ctx)}`)
    // Inner limits say it again, for themselves.
    ctx.state.limitHeaders = () => headers(counted.answer)
    await count(counted, next)
    if (counted.status !== 429) return
    // Whoever is refused may go on asking as fast as the network carries: the counter has them all, the log a sample.
    ctx.state.isRoutine = true
    dependencies.metrics.limited(rateClass)
    sendProblem(ctx, refusal(max, counted.answer))
  }
}

/** Not thrown as others are: to carry an error through all layers would cost more than everything else here. */
function refusal(max: number, { reset }: LimitAnswer): Problem {
  return problemOf('rate_limited', `At most ${max} such requests in ${windowSeconds} seconds.`, {
    retry_after_ms: Math.max(1_000, reset * 1_000 - Date.now()),
  })
}

/** What koa-ratelimit tells by headers, by the names under which it is to do so. */
interface LimitAnswer {
  readonly remaining: number
  /** Epoch seconds. */
  readonly reset: number
  readonly total: number
}

const answerMembers = { remaining: 'remaining', reset: 'reset', total: 'total' } as const

/**
 * What koa-ratelimit sees of a request: it would set headers one by one, which costs more than to count, and a body of
 * plain text. Of both only the answer is kept.
 */
class CountedRequest {
  readonly ctx: Context
  readonly key: string
  readonly state = {}
  answer: LimitAnswer = { remaining: 0, reset: 0, total: 0 }
  body = ''
  status = 200

  constructor(ctx: Context, key: string) {
    this.ctx = ctx
    this.key = key
  }

  set(headers: LimitAnswer | 'Retry-After'): void {
    if (headers !== 'Retry-After') this.answer = headers
  }
}
