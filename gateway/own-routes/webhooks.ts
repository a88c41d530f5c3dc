import type { IncomingMessage } from 'node:http'
import { receiveWebhook } from '#shared/contracts/purchase.ts'
import { TicketingError } from '#shared/errors.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import { readSignature } from '#shared/webhook-signature.ts'
import type { Context, OwnRoute } from '../koa/context.ts'
import { ClientSlots } from '../limits/client-slots.ts'

const { provider } = receiveWebhook.request.shape
/** A provider's event with all details of a charge has one or two kilobytes. */
const maxBodyBytes = 65_536
/** Providers send their body at once. */
const bodyDeadlineMs = 2_000
/** Bodies being read at once: bounds memory. Slow senders use these slots, and none of the calls'. */
const bodies = { ofClient: 32, all: 1_024 }
/** Calls to the purchase worker at once. Forged webhooks from one address leave most of them to others. */
const calls = { ofClient: 16, all: 64 }

/**
 * `POST /webhooks/:provider`: passes the raw body and its signature to the purchase worker, the only process that can verify them. Headers
 * that no provider would send are refused before the body is read. There is no rate limit, because a refused provider would only retry; the
 * number at once is bounded instead. 200: applied and committed. 503: not applied, retry.
 */
export function webhookRoute(bus: Bus): OwnRoute {
  const reading = new ClientSlots(bodies)
  const calling = new ClientSlots(calls)
  const answer = async (ctx: Context): Promise<void> => {
    const { client, request } = ctx.state
    const head = checkedHead(ctx)
    const body = await reading.within(client, () => readInTime(ctx))
    const context = {
      requestId: request.requestId,
      caller: anonymous,
      deadlineAt: performance.now() + receiveWebhook.deadlineMs,
    }
    ctx.body = await calling.within(client, () => call(bus, receiveWebhook, { ...head, body }, context))
  }
  return { method: 'POST', path: '/webhooks/:provider', middleware: [answer] }
}

/** Throws `not_found`, `body_too_large`, and `bad_signature` for a signature of the wrong form or age. */
function checkedHead(ctx: Context) {
  const known = provider.safeParse((ctx.params as { provider: string }).provider)
  if (!known.success) throw new TicketingError('not_found', 'There is no such provider.')
  if (Number(ctx.get('content-length')) > maxBodyBytes) throw bodyTooLarge(ctx)
  const signature = ctx.get('webhook-signature')
  if (readSignature(signature, Date.now()) === null) {
    throw new TicketingError(
      'bad_signature',
      'Webhook-Signature must be t=<unix seconds>,v1=<hex>, of the last 5 minutes.',
    )
  }
  return { provider: known.data, signature }
}

/** The body as text of its exact bytes, which the signature covers. Throws `body_too_large`, and `overloaded` if it arrives too late. */
async function readInTime(ctx: Context): Promise<string> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    closeAfterAnswer(ctx)
    reject(
      new TicketingError('overloaded', `The body did not arrive within ${bodyDeadlineMs / 1_000} s; send it again.`),
    )
  }, bodyDeadlineMs)
  try {
    return await Promise.race([readAll(ctx, ctx.req), late])
  } finally {
    clearTimeout(timer)
  }
}

async function readAll(ctx: Context, request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  // Destroying the request would close the connection before the refusal is sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.byteLength
    if (bytes > maxBodyBytes) throw bodyTooLarge(ctx)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function bodyTooLarge(ctx: Context): TicketingError {
  closeAfterAnswer(ctx)
  return new TicketingError('body_too_large', `A body may have at most ${maxBodyBytes} bytes.`)
}

/** The rest of the body may never arrive or never end: only closing the connection stops the sender. */
function closeAfterAnswer(ctx: Context): void {
  ctx.set('Connection', 'close')
}
