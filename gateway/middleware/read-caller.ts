import { userId } from '#shared/contracts/fields.ts'
import { invalidRequest } from '#shared/errors.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import type { Dependencies } from '../dependencies.ts'
import { identify } from '../identity/identify.ts'
import { queryMembers } from '../routes/query-members.ts'
import type { Route } from '../routes/route.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import type { Context, Middleware } from './state.ts'

/** Not just `session`: cookies know no ports, and on one machine others use that name. */
export const sessionCookieName = 'ticketing_session'

/** Finds out who calls. `user_id` is taken out of query and body here: later layers know only the caller. */
export function readCaller(route: Pick<Route, 'access'>, { identity }: Dependencies): Middleware {
  const readNamed: Middleware = async (ctx, next) => {
    const claimedUserId = route.access === 'caller' ? claimedUser(ctx) : undefined
    const credentials = {
      authorization: ctx.get('authorization'),
      sessionCookie: ctx.req.headers.cookie === undefined ? undefined : ctx.cookies.get(sessionCookieName),
      claimedUserId,
      idempotencyKey: readIdempotencyKey(ctx),
    }
    ctx.state.caller = await identify(credentials, route.access, identity)
    const isNamed = credentials.authorization !== '' || credentials.sessionCookie !== undefined
    ctx.state.knownAs = isNamed ? ctx.state.caller.id : (claimedUserId ?? '')
    await next()
  }
  if (route.access !== 'public') return readNamed
  return (ctx, next) => {
    if (ctx.req.headers.authorization !== undefined) return readNamed(ctx, next)
    ctx.state.caller = anonymous
    ctx.state.knownAs = ''
    return next()
  }
}

/** The `user_id` that query or body name, if any. */
function claimedUser(ctx: Context): string | undefined {
  const claims = [queryMembers(ctx.querystring).user_id, ctx.state.body.user_id].filter((claim) => claim !== undefined)
  if (claims.length === 0) return undefined
  const parsed = userId.safeParse(claims[0])
  if (!parsed.success || claims.length > 1) {
    const detail = parsed.success ? 'is given twice' : 'must be 1 to 128 printable ASCII characters, no blanks'
    throw invalidRequest([{ pointer: '/user_id', detail }], 'user_id is not valid.')
  }
  return parsed.data
}
