import type Router from '@koa/router'
import type { RouterMiddleware } from '@koa/router'
import { receiveWebhook } from '#shared/contracts/purchase.ts'
import { TicketingError } from '#shared/errors.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import type { Dependencies } from '../dependencies.ts'
import { nameEndpoint } from '../middleware/name-endpoint.ts'
import type { Middleware, RequestState } from '../middleware/state.ts'

/** A provider's event with all that it tells of a charge has one or two kilobytes. */
const maxBodyBytes = 65_536
/** Of one gateway. More are refused, and their sender comes again. */
const maxInFlight = 64

/**
 * POST /webhooks/:provider: passes the raw body and its signature on to the purchase worker, who alone can tell whether they
 * are genuine. Not limited by rate, because a provider that is refused would only come again; bounded by the number in
 * flight. 200 says that what it tells is applied and committed; 503 that it is not, and that the sender is to try again.
 */
export function registerWebhooks(router: Router<RequestState>, { bus }: Dependencies): void {
  const path = '/webhooks/:provider'
  let inFlight = 0
  const answer: Middleware = async (ctx) => {
    if (inFlight >= maxInFlight) throw new TicketingError('overloaded', 'Too many at once; send it again.')
    inFlight += 1
    try {
      const body = await readRaw(ctx.req)
      const request = {
        provider: (ctx.params as { provider: string }).provider,
        body,
        signature: ctx.get('webhook-signature'),
      }
      const parsed = receiveWebhook.request.safeParse(request)
      if (!parsed.success) throw new TicketingError('not_found', 'There is no such provider.')
      ctx.set('Cache-Control', 'no-store')
      ctx.body = await call(bus, receiveWebhook, parsed.data, {
        requestId: ctx.state.requestId,
        caller: anonymous,
        deadlineAt: performance.now() + receiveWebhook.deadlineMs,
      })
    } finally {
      inFlight -= 1
    }
  }
  router.register(path, ['POST'], [nameEndpoint(path), answer] as RouterMiddleware<RequestState>[])
}

/** The bytes as they came, as text: a signature is over every one of them. Throws `body_too_large`. */
async function readRaw(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    bytes += chunk.byteLength
    if (bytes > maxBodyBytes) {
      throw new TicketingError('body_too_large', `A body may have at most ${maxBodyBytes} bytes.`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
