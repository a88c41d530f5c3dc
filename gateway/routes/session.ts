import type Router from '@koa/router'
import type { RouterMiddleware } from '@koa/router'
import { z } from 'zod'
import { userId } from '#shared/contracts/fields.ts'
import { fieldErrors, invalidRequest } from '#shared/errors.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import type { Dependencies } from '../dependencies.ts'
import { type IssueToken, sessionLifetimeSeconds } from '../identity/tokens.ts'
import { limitCaller } from '../middleware/limit-rate.ts'
import { nameEndpoint } from '../middleware/name-endpoint.ts'
import { readBody } from '../middleware/read-body.ts'
import { sessionCookieName } from '../middleware/read-caller.ts'
import type { Middleware, RequestState } from '../middleware/state.ts'

/** POST /session: a token for anybody, in demo mode only. The gateway answers it itself. */
export const openSession = {
  method: 'POST',
  path: '/session',
  summary: 'A token for the named user, also set as a cookie; demo mode only',
  // To replay it would mean to keep credentials.
  description: 'Takes no Idempotency-Key: nothing is stored, and asking again gives one more token for the same user.',
  request: z.strictObject({ user_id: userId }),
  reply: z.object({ user_id: z.string(), token: z.string(), expires_in_s: z.int() }),
} as const

export function registerSession(
  router: Router<RequestState>,
  dependencies: Dependencies,
  issueToken: IssueToken,
): void {
  const answer: Middleware = async (ctx) => {
    const parsed = openSession.request.safeParse(ctx.state.body)
    if (!parsed.success) throw invalidRequest(fieldErrors(parsed.error))
    const token = await issueToken(parsed.data.user_id)
    ctx.cookies.set(sessionCookieName, token, {
      httpOnly: true,
      sameSite: 'lax',
      maxAge: sessionLifetimeSeconds * 1_000,
    })
    ctx.set('Cache-Control', 'no-store')
    ctx.body = { user_id: parsed.data.user_id, token, expires_in_s: sessionLifetimeSeconds }
  }
  // Whoever comes for a name has none yet.
  const callerIsNobody: Middleware = (ctx, next) => {
    ctx.state.caller = anonymous
    ctx.state.knownAs = ''
    return next()
  }
  const layers: Middleware[] = [
    nameEndpoint(openSession.path),
    readBody(),
    callerIsNobody,
    limitCaller('my-things', dependencies),
    answer,
  ]
  router.register(openSession.path, [openSession.method], layers as RouterMiddleware<RequestState>[])
}
