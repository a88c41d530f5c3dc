import { TicketingError } from '#shared/errors.ts'
import { callRaw } from '#shared/messaging/call.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import type { Dependencies } from '../dependencies.ts'
import { type Outcome, type Route, successesOf } from '../routes/route.ts'
import { isShareable } from '../routes/shareable-routes.ts'
import { answerShared, readOfRoute } from './answer-shared.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import { readRequest } from './read-request.ts'
import type { Context, Middleware } from './state.ts'

/** The innermost layer: checks the request and answers it from what is shared or by asking the worker. */
export function answerRoute(route: Route, dependencies: Dependencies): Middleware {
  return async (ctx) => {
    const request = readRequest(ctx, route, dependencies)
    // Organisers see drafts: what they are answered is theirs alone.
    if (isShareable(route) && ctx.state.caller.role !== 'organiser') {
      await answerShared(ctx, readOfRoute(route, request), dependencies)
    } else {
      await answerPersonal(ctx, route, request, dependencies)
    }
  }
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

function messageContext(ctx: Context, route: Route): MessageContext {
  const idempotencyKey = readIdempotencyKey(ctx)
  return {
    requestId: ctx.state.requestId,
    caller: ctx.state.caller,
    deadlineAt: performance.now() + route.contract.deadlineMs,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  }
}
