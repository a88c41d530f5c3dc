import { checkRequest } from '#shared/check-request.ts'
import { type IssueToken, sessionLifetimeSeconds } from '../identity/tokens.ts'
import type { Context, OwnRoute } from '../koa/context.ts'
import type { RateLimit } from '../koa/rate-limit.ts'
import { readBody } from '../koa/read-body.ts'
import { sessionCookieName } from '../koa/read-caller.ts'
import { sessionRequest } from '../openapi/own-operations.ts'

/** Demo mode: issues a token for anybody. Limited by client address, since the caller has no token yet. */
export function sessionRoute(issueToken: IssueToken, rateLimit: RateLimit): OwnRoute {
  const answer = async (ctx: Context): Promise<void> => {
    const { user_id } = checkRequest(sessionRequest, ctx.state.body)
    const token = await issueToken(user_id)
    const maxAge = sessionLifetimeSeconds * 1_000
    ctx.cookies.set(sessionCookieName, token, { httpOnly: true, sameSite: 'lax', maxAge })
    ctx.body = { user_id, token, expires_in_s: sessionLifetimeSeconds }
  }
  const limit = rateLimit('my-things', (ctx) => ctx.state.client)
  return { method: 'POST', path: '/session', middleware: [limit, readBody({ mayBeCompressed: false }), answer] }
}
