import { checkRequest } from '#shared/check-request.ts'
import type { IdentifyOptions } from '../identity/identify.ts'
import { type KeyRole, keyCookies } from '../identity/key-sessions.ts'
import { sessionLifetimeSeconds } from '../identity/tokens.ts'
import type { Context, OwnRoute } from '../koa/context.ts'
import type { LimitFailures, RateLimit } from '../koa/rate-limit.ts'
import { readBody } from '../koa/read-body.ts'
import { keySessionRequest } from '../openapi/session-operations.ts'

interface KeySessionParts {
  readonly identity: Pick<IdentifyOptions, 'mode' | 'keySessions'>
  readonly rateLimit: RateLimit
  readonly limitFailures: LimitFailures
}

/** Exchanges a key of this role for a cookie, and takes it back. Wrong keys are counted with those of all routes, by address. */
export function keySessionRoutes(role: KeyRole, { identity, rateLimit, limitFailures }: KeySessionParts): OwnRoute[] {
  const { name, path: cookiePath } = keyCookies[role]
  const limit = rateLimit('my-things', (ctx) => ctx.state.client)
  const open = async (ctx: Context): Promise<void> => {
    const { key } = checkRequest(keySessionRequest, ctx.state.body)
    const proven = await limitFailures(ctx, { isGuess: true }, () => identity.keySessions[role].open(key))
    if (proven !== null) setCookie(ctx, `${proven.result}; Max-Age=${sessionLifetimeSeconds}`)
  }
  const close = (ctx: Context): void => setCookie(ctx, '; Max-Age=0')
  /** In production the cookie must not travel in the clear; there TLS ends in front of the gateway, which `cookies.set` cannot see. */
  const setCookie = (ctx: Context, value: string): void => {
    const secure = identity.mode === 'jwt' ? '; Secure' : ''
    ctx.set('Set-Cookie', `${name}=${value}; Path=${cookiePath}; HttpOnly; SameSite=Strict${secure}`)
    ctx.status = 204
  }
  const path = `${cookiePath}/session`
  return [
    { method: 'POST', path, middleware: [limit, readBody({ mayBeCompressed: false }), open] },
    { method: 'DELETE', path, middleware: [limit, close] },
  ]
}
