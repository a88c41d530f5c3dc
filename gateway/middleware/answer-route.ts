import { TicketingError } from '#shared/errors.ts'
import { callRaw } from '#shared/messaging/call.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import { cacheKey } from '../cache/cache-key.ts'
import { type CachedReply, etagOf } from '../cache/reply-cache.ts'
import type { Dependencies } from '../dependencies.ts'
import { type Outcome, type Route, successesOf } from '../routes/route.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import { readRequest } from './read-request.ts'
import type { Context, Middleware } from './state.ts'

/** The innermost layer: checks the request and answers it from the cache or by asking the worker. */
export function answerRoute(route: Route, dependencies: Dependencies): Middleware {
  if (route.shareForMs !== undefined) dependencies.metrics.announceCachedEndpoint(route.path)
  return async (ctx) => {
    const request = readRequest(ctx, route, dependencies)
    // Organisers see drafts: what they are answered is theirs alone.
    if (route.shareForMs === undefined || ctx.state.caller.role === 'organiser') {
      await answerPersonal(ctx, route, request, dependencies)
    } else {
      await answerShared(ctx, { ...route, shareForMs: route.shareForMs }, request, dependencies)
    }
  }
}

async function answerShared(
  ctx: Context,
  route: Route & { shareForMs: number },
  request: Record<string, unknown>,
  dependencies: Dependencies,
): Promise<void> {
  const { replies, metrics } = dependencies
  const key = cacheKey(route.path, request)
  const hit = await replies.read(key)
  if (hit !== null) {
    metrics.cacheHit(route.path)
    ctx.set('Cache-Status', `gateway; hit; ttl=${secondsLeft(hit)}`)
    sendShared(ctx, hit)
    return
  }
  metrics.cacheMissed(route.path)
  // Counted from before the question, so that the answer is never older than promised.
  const freshUntil = Date.now() + route.shareForMs
  const { body } = await callRaw(dependencies.bus, route.contract, request, messageContext(ctx, route))
  const reply = { body: Buffer.from(body), etag: etagOf(body), freshUntil }
  await replies.write(key, reply)
  ctx.set('Cache-Status', 'gateway; fwd=uri-miss; stored')
  sendShared(ctx, reply)
}

async function answerPersonal(
  ctx: Context,
  route: Route,
  request: Record<string, unknown>,
  { bus, identity }: Dependencies,
): Promise<void> {
  const context = messageContext(ctx, route)
  if (route.needsIdempotencyKey && identity.mode === 'jwt' && context.idempotencyKey === undefined) {
    throw new TicketingError('idempotency_key_required', 'Send an Idempotency-Key header of your choice.')
  }
  const { body, replayed } = await callRaw(bus, route.contract, request, context)
  if (replayed) ctx.set('Idempotency-Replayed', 'true')
  ctx.set('Cache-Control', 'private, no-store')
  const outcome: Outcome = route.outcome?.(JSON.parse(Buffer.from(body).toString('utf8'))) ?? {}
  const { status = successesOf(route)[0], location } = outcome
  ctx.status = status
  if (location !== undefined) ctx.set('Location', location)
  if (status === 204) return
  ctx.type = 'application/json'
  ctx.body = Buffer.from(body)
}

function sendShared(ctx: Context, reply: CachedReply): void {
  ctx.set('Cache-Control', `public, max-age=${secondsLeft(reply)}`)
  ctx.set('ETag', reply.etag)
  if (matches(ctx.get('if-none-match'), reply.etag)) {
    ctx.status = 304
    return
  }
  ctx.status = 200
  ctx.type = 'application/json'
  ctx.body = reply.body
}

/**
 * If-None-Match of RFC 9110, compared weakly. Koa's own `fresh` answers 200 to whoever also sends `no-cache`, as browsers
 * and fetch do on a reload, although what it would send is exactly what they have.
 */
function matches(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch.trim() === '*') return true
  return ifNoneMatch.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag)
}

function secondsLeft({ freshUntil }: CachedReply): number {
  return Math.max(0, Math.floor((freshUntil - Date.now()) / 1_000))
}

function messageContext(ctx: Context, route: Route): MessageContext {
  const idempotencyKey = readIdempotencyKey(ctx)
  return {
    requestId: ctx.state.requestId,
    caller: ctx.state.caller,
    deadlineAt: performance.now() + route.contract.deadlineMs,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  }
}
