import { bodyParser } from '@koa/bodyparser'
import type Koa from 'koa'
import { holdsCardNumber } from '#shared/card-numbers.ts'
import { invalidRequest, TicketingError } from '#shared/errors.ts'
import { methodsWithBody } from '../routes/route.ts'
import type { Context, Middleware } from './context.ts'

const maxBodyBytes = 65_536
/** No contract nests deeper. Bounds recursive checks. */
const maxDepth = 16
/** Most items of a list and members of an object. No contract takes more than 100, and checking each costs microseconds. */
const maxMembers = 200
/** Smaller numbers have fewer digits than a card number. */
const smallestCard = 1e13

/**
 * Reads a JSON object of bounded size, depth and width that contains no card number. A missing body reads as `{}`. `mayBeCompressed`: only
 * for known callers, because a few hundred bytes can unpack to the largest body.
 */
export function readBody({ mayBeCompressed }: { readonly mayBeCompressed: boolean }): Middleware {
  const parse = bodyParser({
    enableTypes: ['json'],
    jsonLimit: maxBodyBytes,
    parsedMethods: [...methodsWithBody],
    onError: (error) => {
      throw asTicketingError(error)
    },
  })
  return async (ctx, next) => {
    // The parser would treat a missing body as a truncated one.
    if (!hasBody(ctx)) return next()
    if (!ctx.is('application/json')) {
      throw new TicketingError('unsupported_media_type', 'Send the body as application/json.')
    }
    if (!mayBeCompressed && ctx.get('content-encoding') !== '') {
      throw new TicketingError('unsupported_media_type', 'Without a token, send the body without Content-Encoding.')
    }
    await parse(ctx as Koa.Context, async () => {
      const { body } = ctx.request as { body?: unknown }
      if (body !== undefined) ctx.state.body = checkedObject(body)
      ctx.state.isBodyRead = true
      await next()
    })
  }
}

/** Whether a request announces a body, even an empty one. */
export function hasBody(ctx: Context): boolean {
  return ctx.get('transfer-encoding') !== '' || Number(ctx.get('content-length')) > 0
}

function checkedObject(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new TicketingError('validation_failed', 'The body must be a JSON object.')
  }
  refuseLarge(body, '', maxDepth)
  refuseCardNumbers(body)
  return body as Record<string, unknown>
}

/** Throws `validation_failed` if a value nests too deep or has too many members. Runs before anything visits every member. */
function refuseLarge(value: unknown, pointer: string, levels: number): void {
  if (typeof value !== 'object' || value === null) return
  if (levels === 0) throw new TicketingError('validation_failed', `The body nests deeper than ${maxDepth} levels.`)
  const names = Object.keys(value)
  if (names.length > maxMembers) {
    const detail = `must not have more than ${maxMembers} ${Array.isArray(value) ? 'items' : 'members'}`
    throw invalidRequest([{ pointer, detail }])
  }
  for (const name of names) refuseLarge((value as Record<string, unknown>)[name], `${pointer}/${name}`, levels - 1)
}

/**
 * Throws `card_number_refused` if a value or the name of a member contains a card number, before it is checked, stored or logged. Cards
 * belong on the payment provider's page; the gateway gets only its token.
 */
export function refuseCardNumbers(value: unknown): void {
  if (typeof value === 'string') {
    if (holdsCardNumber(value)) throw cardNumberRefused()
  } else if (typeof value === 'number') {
    if (value >= smallestCard && holdsCardNumber(String(value))) throw cardNumberRefused()
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      refuseCardNumbers(name)
      refuseCardNumbers(member)
    }
  }
}

function cardNumberRefused(): TicketingError {
  return new TicketingError('card_number_refused', "Send the payment provider's token, never a card number.")
}

function asTicketingError(error: Error): TicketingError {
  const { status, type } = error as Error & { status?: number; type?: string }
  if (type === 'entity.too.large') {
    return new TicketingError('body_too_large', `A body may have at most ${maxBodyBytes} bytes.`)
  }
  if (status === 415) return new TicketingError('unsupported_media_type', 'This content encoding is not accepted.')
  return new TicketingError('malformed_json', 'The body is not a JSON object.', { cause: error })
}
