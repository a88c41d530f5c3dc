import { checkRequest } from '#shared/check-request.ts'
import { type IssueToken, sessionLifetimeSeconds } from '../identity/tokens.ts'
import type { Context, OwnRoute } from '../koa/context.ts'
import type { RateLimit } from '../koa/rate-limit.ts'
import { readBody } from '../koa/read-body.ts'
import { sessionCookieName } from '../koa/read-caller.ts'
import { sessionRequest } from '../openapi/session-operations.ts'

/** In demo mode: issues a token to anybody, also as a cookie, and removes the cookie. Limited by client address, because a new caller has no token yet. */
export function sessionRoutes(issueToken: IssueToken, rateLimit: RateLimit): OwnRoute[] {
  const attributes = { httpOnly: true, sameSite: 'lax' } as const
  const open = async (ctx: Context): Promise<void> => {
    const { user_id } = checkRequest(sessionRequest, ctx.state.body)
    const token = await issueToken(user_id)
    const maxAge = sessionLifetimeSeconds * 1_000
    ctx.cookies.set(sessionCookieName, token, { ...attributes, maxAge })
    ctx.body = { user_id, token, expires_in_s: sessionLifetimeSeconds }
  }
  const close = (ctx: Context): void => {
    ctx.cookies.set(sessionCookieName, null, attributes)
    ctx.status = 204
  }
  const limit = rateLimit('my-things', (ctx) => ctx.state.client)
  return [
    { method: 'POST', path: '/session', middleware: [limit, readBody({ mayBeCompressed: false }), open] },
    { method: 'DELETE', path: '/session', middleware: [limit, close] },
  ]
}
