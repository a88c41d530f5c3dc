import type { IncomingMessage } from 'node:http'
import { TicketingError } from '#shared/errors.ts'
import type { Context } from './state.ts'

/** A provider's event with all that it tells of a charge has one or two kilobytes. */
const maxBodyBytes = 65_536
/** A provider sends its body at once. */
const deadlineMs = 2_000
/** Bodies that are being read: of one address, so that nobody keeps others out, and of all, so that memory is bounded. */
const maxOfOneAddress = 32
const maxAtOnce = 1_024

/**
 * Reads bodies as text of the bytes as they came, because a signature is over every one of them. Counts, for one gateway, those
 * that are under way. Throws `body_too_large`, and `overloaded` when there are too many or a body does not arrive in time.
 */
export function rawBodyReader(): (ctx: Context) => Promise<string> {
  const underWay = new Map<string, number>()
  let total = 0
  return async (ctx) => {
    const { client } = ctx.state
    const ofAddress = underWay.get(client) ?? 0
    if (ofAddress >= maxOfOneAddress || total >= maxAtOnce) {
      throw new TicketingError('overloaded', 'Too many bodies at once; send it again.')
    }
    underWay.set(client, ofAddress + 1)
    total += 1
    try {
      return await readInTime(ctx)
    } finally {
      total -= 1
      const left = (underWay.get(client) ?? 1) - 1
      if (left === 0) underWay.delete(client)
      else underWay.set(client, left)
    }
  }
}

async function readInTime(ctx: Context): Promise<string> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    // The rest of the body may never come: only the end of the connection gets rid of whoever sends it.
    ctx.set('Connection', 'close')
    reject(new TicketingError('overloaded', `The body did not arrive within ${deadlineMs / 1_000} s; send it again.`))
  }, deadlineMs)
  try {
    return await Promise.race([readAll(ctx.req), late])
  } finally {
    clearTimeout(timer)
  }
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  // To destroy the request would close the connection before the refusal is sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.byteLength
    if (bytes > maxBodyBytes) {
      throw new TicketingError('body_too_large', `A body may have at most ${maxBodyBytes} bytes.`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
