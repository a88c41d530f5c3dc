import type { IncomingMessage } from 'node:http'
import { receiveWebhook } from '#shared/contracts/purchase.ts'
import { TicketingError } from '#shared/errors.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import type { Context, OwnRoute } from '../koa/context.ts'

const { provider, signature } = receiveWebhook.request.shape
/** Calls in flight to the purchase worker, of one gateway. Senders of more are told to retry. */
const maxInFlight = 64
/** A provider's event with all it says of a charge has one or two kilobytes. */
const maxBodyBytes = 65_536
/** Providers send their body at once. */
const bodyDeadlineMs = 2_000
/** Bodies that are being read: of one client, so that none keeps others out, and of all, so that memory is bounded. */
const maxBodiesOfClient = 32
const maxBodies = 1_024

/**
 * `POST /webhooks/:provider`: passes the raw body and its signature to the purchase worker, which alone can verify them. No rate limit:
 * a refused provider would only retry; the number in flight is bounded instead. 200: applied and committed. 503: not applied, retry.
 */
export function webhookRoute(bus: Bus): OwnRoute {
  const readRawBody = rawBodyReader()
  let inFlight = 0
  const answer = async (ctx: Context): Promise<void> => {
    const known = provider.safeParse((ctx.params as { provider: string }).provider)
    if (!known.success) throw new TicketingError('not_found', 'There is no such provider.')
    const signed = signature.safeParse(ctx.get('webhook-signature'))
    // A signature too long for a message is wrong anyway.
    if (!signed.success) throw new TicketingError('bad_signature', 'The signature is not valid.')
    const request = { provider: known.data, signature: signed.data, body: await readRawBody(ctx) }
    if (inFlight >= maxInFlight) throw new TicketingError('overloaded', 'Too many at once; send it again.')
    inFlight += 1
    try {
      ctx.body = await call(bus, receiveWebhook, request, {
        requestId: ctx.state.request.requestId,
        caller: anonymous,
        deadlineAt: performance.now() + receiveWebhook.deadlineMs,
      })
    } finally {
      inFlight -= 1
    }
  }
  return { method: 'POST', path: '/webhooks/:provider', middleware: [answer] }
}

/**
 * Reads bodies as text of their exact bytes, which the signature covers. Throws `body_too_large`, and `overloaded` when too many are
 * being read or one does not arrive in time.
 */
function rawBodyReader(): (ctx: Context) => Promise<string> {
  const byClient = new Map<string, number>()
  let total = 0
  return async (ctx) => {
    const { client } = ctx.state
    const ofClient = byClient.get(client) ?? 0
    if (ofClient >= maxBodiesOfClient || total >= maxBodies) {
      throw new TicketingError('overloaded', 'Too many bodies at once; send it again.')
    }
    byClient.set(client, ofClient + 1)
    total += 1
    try {
      return await readInTime(ctx)
    } finally {
      total -= 1
      const left = (byClient.get(client) ?? 1) - 1
      if (left === 0) byClient.delete(client)
      else byClient.set(client, left)
    }
  }
}

async function readInTime(ctx: Context): Promise<string> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    // The rest of the body may never come: only a closed connection ends its sender.
    ctx.set('Connection', 'close')
    reject(
      new TicketingError('overloaded', `The body did not arrive within ${bodyDeadlineMs / 1_000} s; send it again.`),
    )
  }, bodyDeadlineMs)
  try {
    return await Promise.race([readAll(ctx.req), late])
  } finally {
    clearTimeout(timer)
  }
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  // A destroyed request would close the connection before the refusal is sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.byteLength
    if (bytes > maxBodyBytes) {
      throw new TicketingError('body_too_large', `A body may have at most ${maxBodyBytes} bytes.`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
