import { TicketingError } from '#shared/errors.ts'
import { callRaw } from '#shared/messaging/call.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import { inTrace } from '#shared/observability/tracing.ts'
import type { Dependencies } from '../dependencies.ts'
import { answerShared } from '../exchange/answer-shared.ts'
import { readOfRoute } from '../routes/read-of-route.ts'
import { isShareable, type Outcome, type Route, successesOf } from '../routes/route.ts'
import { answerSince } from './answer-since.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import { readRequest } from './read-request.ts'
import type { Context, Middleware } from './state.ts'

/** The innermost layer: checks the request and answers it from what is shared or by asking the worker. */
export function answerRoute(route: Route, dependencies: Dependencies): Middleware {
  const answerOwn: Middleware = (ctx) => answerPersonal(ctx, route, dependencies)
  if (!isShareable(route)) return answerOwn
  return async (ctx, next) => {
    // Organisers see drafts: what they are answered is theirs alone.
    if (ctx.state.caller.role === 'organiser') return answerOwn(ctx, next)
    const read =
      dependencies.recentRequests.readAt(ctx.req.url ?? '') ?? readOfRoute(route, readRequest(ctx, route, dependencies))
    if (read.minSeq === null) await answerShared(ctx, read, dependencies)
    else await answerSince(read.minSeq, ctx, read, dependencies)
  }
}

async function answerPersonal(ctx: Context, route: Route, dependencies: Dependencies): Promise<void> {
  const { bus, identity } = dependencies
  const request = readRequest(ctx, route, dependencies)
  const context = messageContext(ctx, route)
  if (route.needsIdempotencyKey && identity.mode === 'jwt' && context.idempotencyKey === undefined) {
    throw new TicketingError('idempotency_key_required', 'Send an Idempotency-Key header of your choice.')
  }
  const { body, replayed } = await inTrace(ctx.state.trace, () => callRaw(bus, route.contract, request, context))
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

function messageContext(ctx: Context, route: Route): MessageContext {
  const idempotencyKey = readIdempotencyKey(ctx)
  return {
    requestId: ctx.state.requestId,
    caller: ctx.state.caller,
    deadlineAt: performance.now() + route.contract.deadlineMs,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  }
}
