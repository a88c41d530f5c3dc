import { z } from 'zod'
import { isCardNumberKey } from '#shared/card-numbers.ts'
import { checkRequest } from '#shared/check-request.ts'
import { userId } from '#shared/contracts/fields.ts'
import { invalidRequest, TicketingError } from '#shared/errors.ts'
import { type Access, claimedCaller, type IdentifyOptions, identify } from '../identity/identify.ts'
import { rateLimitKey } from '../limits/rate-limits.ts'
import { parseQuery } from '../routes/parse-request.ts'
import type { Context, Middleware } from './context.ts'
import type { LimitFailures } from './rate-limit.ts'

/** Not just `session`: cookies ignore ports, so programs on one machine share their names. */
export const sessionCookieName = 'ticketing_session'

/** Reads who calls from the head of a request: `state.proven` and the Idempotency-Key. Failures count for the address. */
export function readCredentials(access: Access, identity: IdentifyOptions, limitFailures: LimitFailures): Middleware {
  return async (ctx, next) => {
    const authorization = ctx.get('authorization')
    const sessionCookie = ctx.cookies.get(sessionCookieName)
    ctx.state.idempotencyKey = access === 'public' ? undefined : idempotencyKeyOf(ctx)
    const prove = () => identify({ authorization, sessionCookie }, access, identity)
    // To send nothing is no attempt.
    if (authorization === '' && sessionCookie === undefined) ctx.state.proven = await prove()
    else {
      // An organiser's key is taken on every route.
      const isGuess = access === 'organiser' || /^Bearer +org_/i.test(authorization)
      const attempt = await limitFailures(ctx, { isGuess }, prove)
      if (attempt === null) return
      ctx.state.proven = attempt.result
    }
    await next()
  }
}

/**
 * Settles the caller and the key by which rate limits count them. `user_id` in query or body is a claim: it must be that of a proven
 * user, and in demo mode it is believed. Comes once for the query and once more behind the body.
 */
export function settleCaller(access: Access, { mode }: IdentifyOptions): Middleware {
  return (ctx, next) => {
    const { state } = ctx
    const claimed = access === 'caller' ? claimedUser(ctx) : undefined
    const { proven } = state
    if (proven?.role === 'user' && claimed !== undefined && claimed !== proven.id) {
      throw new TicketingError('forbidden', 'user_id is not the user of the token.')
    }
    state.caller = proven ?? claimedCaller(claimed, state.idempotencyKey)
    state.rateLimitKey = rateLimitKey(mode, state.client, state.caller, proven?.id ?? claimed ?? '')
    return next()
  }
}

const claim = z.object({ user_id: userId })

/** The `user_id` of query or body. */
function claimedUser(ctx: Context): string | undefined {
  const claims = [parseQuery(ctx.querystring).user_id, ctx.state.body.user_id]
    .flat()
    .filter((claim) => claim !== undefined)
  if (claims.length === 0) return undefined
  if (claims.length > 1) {
    throw invalidRequest([
      { pointer: '/user_id', detail: 'is given more than once; give it once, in the query or in the body' },
    ])
  }
  const [user_id] = claims
  return checkRequest(claim, { user_id }).user_id
}

/** The Idempotency-Key header. Card numbers are refused: a key is stored with its command. */
function idempotencyKeyOf(ctx: Context): string | undefined {
  const key = ctx.get('idempotency-key')
  if (key === '') return undefined
  if (!/^[\x21-\x7e]{1,128}$/.test(key)) {
    throw new TicketingError('validation_failed', 'Idempotency-Key must be 1 to 128 printable ASCII characters.')
  }
  if (isCardNumberKey(key)) {
    throw new TicketingError(
      'card_number_refused',
      'The Idempotency-Key header looks like a card number; use a key that no one can take for one, such as a random UUID.',
    )
  }
  return key
}
