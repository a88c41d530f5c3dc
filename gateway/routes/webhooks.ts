import type Router from '@koa/router'
import type { RouterMiddleware } from '@koa/router'
import { receiveWebhook } from '#shared/contracts/purchase.ts'
import { TicketingError } from '#shared/errors.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import type { Dependencies } from '../dependencies.ts'
import { nameEndpoint } from '../middleware/name-endpoint.ts'
import { readClientAddress } from '../middleware/read-client-address.ts'
import { rawBodyReader } from '../middleware/read-raw-body.ts'
import type { Middleware, RequestState } from '../middleware/state.ts'

const path = '/webhooks/:provider'
const { provider, signature } = receiveWebhook.request.shape
/** Of one gateway, with the purchase worker. More are refused, and their sender comes again. */
const maxInFlight = 64

/**
 * POST /webhooks/:provider: passes the raw body and its signature on to the purchase worker, who alone can tell whether they
 * are genuine. Not limited by rate, because a provider that is refused would only come again; bounded by the number in
 * flight, which a body joins once it is here. 200 says that what it tells is applied and committed; 503 that it is not, and
 * that the sender is to try again.
 */
export function registerWebhooks(router: Router<RequestState>, dependencies: Dependencies): void {
  const readRawBody = rawBodyReader()
  let inFlight = 0
  const answer: Middleware = async (ctx) => {
    const known = provider.safeParse((ctx.params as { provider: string }).provider)
    if (!known.success) throw new TicketingError('not_found', 'There is no such provider.')
    const signed = signature.safeParse(ctx.get('webhook-signature'))
    // One for which a message has no room is not the right one either.
    if (!signed.success) throw new TicketingError('bad_signature', 'The signature is not valid.')
    const request = { provider: known.data, signature: signed.data, body: await readRawBody(ctx) }
    if (inFlight >= maxInFlight) throw new TicketingError('overloaded', 'Too many at once; send it again.')
    inFlight += 1
    try {
      ctx.set('Cache-Control', 'no-store')
      ctx.body = await call(dependencies.bus, receiveWebhook, request, {
        requestId: ctx.state.requestId,
        caller: anonymous,
        deadlineAt: performance.now() + receiveWebhook.deadlineMs,
      })
    } finally {
      inFlight -= 1
    }
  }
  const layers: Middleware[] = [nameEndpoint(path), readClientAddress(dependencies), answer]
  router.register(path, ['POST'], layers as RouterMiddleware<RequestState>[])
}
