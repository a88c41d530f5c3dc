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

/** The `user_id` of query or body. */
function claimedUser(ctx: Context): string | undefined {
  const claims = [parseQuery(ctx.querystring).user_id, ctx.state.body.user_id].filter((claim) => claim !== undefined)
  if (claims.length === 0) return undefined
  const parsed = userId.safeParse(claims[0])
  if (!parsed.success || claims.length > 1) {
    const detail = parsed.success ? 'is given twice' : 'must be 1 to 128 printable ASCII characters, no blanks'
    throw invalidRequest([{ pointer: '/user_id', detail }], 'user_id is not valid.')
  }
  return parsed.data
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
