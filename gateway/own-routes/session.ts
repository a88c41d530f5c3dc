import { z } from 'zod'
import { userId } from '#shared/contracts/fields.ts'
import { fieldErrors, invalidRequest } from '#shared/errors.ts'
import { type IssueToken, sessionLifetimeSeconds } from '../identity/tokens.ts'
import type { Context, OwnRoute } from '../koa/context.ts'
import type { RateLimit } from '../koa/rate-limit.ts'
import { readBody } from '../koa/read-body.ts'
import { sessionCookieName } from '../koa/read-caller.ts'

/** The declaration of `POST /session`. */
export const openSession = {
  method: 'POST',
  path: '/session',
  summary: 'A token for the named user, also set as a cookie; demo mode only',
  // A replay would need stored credentials.
  description: 'Takes no Idempotency-Key: nothing is stored, and a repetition gives one more token for the same user.',
  request: z.strictObject({ user_id: userId }),
  reply: z.object({ user_id: z.string(), token: z.string(), expires_in_s: z.int() }),
} as const

/** Demo mode: issues a token for anybody. Limited by client address, since the caller has no token yet. */
export function sessionRoute(issueToken: IssueToken, rateLimit: RateLimit): OwnRoute {
  const answer = async (ctx: Context): Promise<void> => {
    const parsed = openSession.request.safeParse(ctx.state.body)
    if (!parsed.success) throw invalidRequest(fieldErrors(parsed.error))
    const { user_id } = parsed.data
    const token = await issueToken(user_id)
    const maxAge = sessionLifetimeSeconds * 1_000
    ctx.cookies.set(sessionCookieName, token, { httpOnly: true, sameSite: 'lax', maxAge })
    ctx.body = { user_id, token, expires_in_s: sessionLifetimeSeconds }
  }
  const limit = rateLimit('my-things', (ctx) => ctx.state.client)
  const { method, path } = openSession
  return { method, path, middleware: [limit, readBody({ mayBeCompressed: false }), answer] }
}
