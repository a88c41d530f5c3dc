import { z } from 'zod'
import { isCardNumberKey } from '#shared/card-numbers.ts'
import { checkRequest } from '#shared/check-request.ts'
import { userId } from '#shared/contracts/fields.ts'
import { invalidRequest, TicketingError } from '#shared/errors.ts'
import { type Access, claimedCaller, type IdentifyOptions, identify, isForKeys } from '../identity/identify.ts'
import { keyCookies } from '../identity/key-sessions.ts'
import { rateLimitKey } from '../limits/rate-limits.ts'
import { parseQuery } from '../routes/parse-request.ts'
import type { Context, Middleware } from './context.ts'
import type { LimitFailures } from './rate-limit.ts'

/** Not just `session`: cookies ignore ports, so all programs on one machine share cookie names. */
export const sessionCookieName = 'ticketing_session'

/** Reads the caller from the headers: `state.proven` and the Idempotency-Key. Failures count against the address. */
export function readCredentials(access: Access, identity: IdentifyOptions, limitFailures: LimitFailures): Middleware {
  return async (ctx, next) => {
    const authorization = ctx.get('authorization')
    const sessionCookie = isForKeys(access) ? undefined : ctx.cookies.get(sessionCookieName)
    const keyCookie = isForKeys(access) ? ctx.cookies.get(keyCookies[access].name) : undefined
    ctx.state.idempotencyKey = access === 'public' ? undefined : idempotencyKeyOf(ctx)
    if (authorization === '' && keyCookie !== undefined) refuseForeignForm(ctx)
    const prove = () => identify({ authorization, sessionCookie, keyCookie }, access, identity)
    // A request without credentials is no attempt to guess.
    const isAttempt = authorization !== '' || sessionCookie !== undefined || keyCookie !== undefined
    if (!isAttempt) ctx.state.proven = await prove()
    else {
      // Organisers' keys are accepted on every route. Nobody guesses a signed cookie, and wrong keys must not lock a desk or a door.
      const isGuess = authorization !== '' && (isForKeys(access) || /^Bearer +org_/i.test(authorization))
      const attempt = await limitFailures(ctx, { isGuess }, prove)
      if (attempt === null) return
      ctx.state.proven = attempt.result
    }
    await next()
  }
}

/**
 * Refuses a form of a neighbouring host: browsers send the `SameSite` cookies of desk and door with it, but they cannot send a form as JSON. Applies
 * to requests without a body too, because many changes need none.
 */
function refuseForeignForm(ctx: Context): void {
  if (ctx.method === 'GET' || ctx.method === 'HEAD' || /^application\/json\b/i.test(ctx.get('content-type'))) return
  throw new TicketingError(
    'unsupported_media_type',
    'With the cookie of the desk or the door, send Content-Type: application/json.',
  )
}

/**
 * Sets the caller and the rate-limit key. A `user_id` in query or body is a claim: it must match a proven user; in demo mode without a
 * token it is trusted. Runs once for the query and again after the body is read.
 */
export function setCaller(access: Access, { mode }: IdentifyOptions): Middleware {
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

/** The `user_id` in query or body. */
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

/** The Idempotency-Key header. A card number is refused, because the key is stored with its command. */
function idempotencyKeyOf(ctx: Context): string | undefined {
  const key = ctx.get('idempotency-key')
  if (key === '') return undefined
  if (!/^[\x21-\x7e]{1,128}$/.test(key)) {
    throw new TicketingError('validation_failed', 'Idempotency-Key must be 1 to 128 printable ASCII characters.')
  }
  if (isCardNumberKey(key)) {
    throw new TicketingError(
      'card_number_refused',
      'The Idempotency-Key header looks like a card number; use another key, such as a random UUID.',
    )
  }
  return key
}
