import { z } from 'zod'
import { checkRequest } from '#shared/check-request.ts'
import { userId } from '#shared/contracts/fields.ts'
import { invalidRequest, TicketingError } from '#shared/errors.ts'
import { type Access, type IdentifyOptions, identify } from '../identity/identify.ts'
import { rateLimitKey } from '../limits/rate-limits.ts'
import { parseQuery } from '../routes/parse-request.ts'
import type { Context, Middleware } from './context.ts'
import { refuseCardNumbers } from './read-body.ts'

/** Not just `session`: cookies ignore ports, so programs on one machine share their names. */
export const sessionCookieName = 'ticketing_session'

/** Identifies the caller, and by which key rate limits count them. */
export function readCaller(access: Access, identity: IdentifyOptions): Middleware {
  return async (ctx, next) => {
    const claimedUserId = access === 'caller' ? claimedUser(ctx) : undefined
    const credentials = {
      authorization: ctx.get('authorization'),
      sessionCookie: ctx.cookies.get(sessionCookieName),
      claimedUserId,
      idempotencyKey: access === 'public' ? undefined : idempotencyKeyOf(ctx),
    }
    const caller = await identify(credentials, access, identity)
    const hasToken = credentials.authorization !== '' || credentials.sessionCookie !== undefined
    const claimedName = hasToken ? caller.id : (claimedUserId ?? '')
    ctx.state.caller = caller
    ctx.state.idempotencyKey = credentials.idempotencyKey
    ctx.state.rateLimitKey = rateLimitKey(identity.mode, ctx.state.client, caller, claimedName)
    await next()
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
  refuseCardNumbers(key)
  return key
}
