import { bodyParser } from '@koa/bodyparser'
import type Koa from 'koa'
import { holdsCardNumber } from '#shared/card-numbers.ts'
import { TicketingError } from '#shared/errors.ts'
import { methodsWithBody } from '../routes/route.ts'
import type { Context, Middleware } from './context.ts'

const maxBodyBytes = 65_536
/** No contract nests deeper; recursive checks must stay bounded. */
const maxDepth = 16

/** Reads a JSON object, of bounded size and depth and without card numbers. A missing body reads as `{}`. */
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
    // To the parser, a missing body is one that broke off.
    if (!hasBody(ctx)) return next()
    if (!ctx.is('application/json')) {
      throw new TicketingError('unsupported_media_type', 'Send the body as application/json.')
    }
    await parse(ctx as Koa.Context, async () => {
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

/**
 * Throws `card_number_refused` when a card number stands anywhere in a value or in the name of a member, before it is checked, stored
 * or logged: cards belong on the payment provider's own page, and only its token comes here.
 */
export function refuseCardNumbers(value: unknown): void {
  if (typeof value === 'string' || typeof value === 'number') {
    if (!holdsCardNumber(String(value))) return
    throw new TicketingError('card_number_refused', "Send the payment provider's token, never a card number.")
  }
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    refuseCardNumbers(name)
    refuseCardNumbers(member)
  }
}

function asTicketingError(error: Error): TicketingError {
  const { status, type } = error as Error & { status?: number; type?: string }
  if (type === 'entity.too.large') {
    return new TicketingError('body_too_large', `A body may have at most ${maxBodyBytes} bytes.`)
  }
  if (status === 415) return new TicketingError('unsupported_media_type', 'This content encoding is not accepted.')
  return new TicketingError('malformed_json', 'The body is not valid JSON.', { cause: error })
}
