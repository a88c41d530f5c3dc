import { bodyParser } from '@koa/bodyparser'
import { TicketingError } from '#shared/errors.ts'
import { refuseCardNumbers } from './card-numbers.ts'
import type { Context, Middleware } from './state.ts'

/** Of a DELETE no body is read: its parameters stand in the path. */
export const methodsWithBody: readonly string[] = ['POST', 'PATCH']
const maxBodyBytes = 65_536
/** No contract nests deeper than this; what does is an attack on whoever walks it. */
const maxDepth = 16

/** Reads a JSON object as body, with limits on size and depth. No body at all reads as `{}`. */
export function readBody(): Middleware {
  const parse = bodyParser({
    enableTypes: ['json'],
    jsonLimit: maxBodyBytes,
    parsedMethods: [...methodsWithBody],
    onError: (error) => {
      throw asTicketingError(error)
    },
  })
  return async (ctx, next) => {
    ctx.state.body = {}
    // The parser takes one that never begins for one that broke off.
    if (!hasBody(ctx)) return next()
    if (methodsWithBody.includes(ctx.method) && !ctx.is('application/json')) {
      throw new TicketingError('unsupported_media_type', 'Send the body as application/json.')
    }
    await parse(ctx as unknown as Parameters<typeof parse>[0], async () => {
      const { body } = ctx.request as { body?: unknown }
      if (body !== undefined) ctx.state.body = checkedObject(body)
      await next()
    })
  }
}

function hasBody(ctx: Context): boolean {
  return ctx.get('transfer-encoding') !== '' || Number(ctx.get('content-length')) > 0
}

function checkedObject(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new TicketingError('validation_failed', 'The body must be a JSON object.')
  }
  refuseDeeperThan(maxDepth, body)
  refuseCardNumbers(body)
  return body as Record<string, unknown>
}

function refuseDeeperThan(levels: number, value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (levels === 0) throw new TicketingError('validation_failed', `The body nests deeper than ${maxDepth} levels.`)
  for (const member of Object.values(value)) refuseDeeperThan(levels - 1, member)
}

function asTicketingError(error: Error): TicketingError {
  const { status, type } = error as Error & { status?: number; type?: string }
  if (type === 'entity.too.large') {
    return new TicketingError('body_too_large', `A body may have at most ${maxBodyBytes} bytes.`)
  }
  if (status === 415) return new TicketingError('unsupported_media_type', 'This content encoding is not accepted.')
  return new TicketingError('malformed_json', 'The body is not valid JSON.', { cause: error })
}
