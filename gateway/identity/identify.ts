import { createHash, randomUUID } from 'node:crypto'
import { TicketingError } from '#shared/errors.ts'
import { anonymous, type Caller, user } from '#shared/messaging/caller.ts'
import type { KeyRole, KeySessions } from './key-sessions.ts'
import type { VerifyToken } from './tokens.ts'

/** The credentials of a request. */
export interface Credentials {
  /** Value of the Authorization header; '' if absent. */
  readonly authorization: string
  /** Token from the session cookie. Never a key, because browsers send cookies for every page. */
  readonly sessionCookie: string | undefined
  /** Token from the cookie of the desk or the door, on their routes alone. */
  readonly keyCookie: string | undefined
}

/**
 * Who may use a route. `public`: everybody, with one answer for all; `caller`: a caller, for their own things; `organiser`: organisers;
 * `door`: gates and organisers.
 */
export type Access = 'public' | 'caller' | KeyRole

/** How callers are identified: see the setting `AUTH`. */
export type Mode = 'demo' | 'jwt'

export interface IdentifyOptions {
  readonly mode: Mode
  readonly verifyToken: VerifyToken
  readonly keySessions: Readonly<Record<KeyRole, KeySessions>>
}

/** How keys begin. */
const keyPrefixes = { organiser: 'org_', door: 'door_' } as const

/**
 * The caller that the token or key of a request proves. Undefined in demo mode without a token: the request may then claim a caller. Throws
 * `unauthenticated`, and what `verifyToken` throws.
 */
export async function identify(
  { authorization, sessionCookie, keyCookie }: Credentials,
  access: Access,
  options: IdentifyOptions,
): Promise<Caller | undefined> {
  const bearer = bearerToken(authorization)
  // The answer is the same for everybody, so an expired cookie must not prevent it.
  if (access === 'public' && bearer === undefined) return anonymous
  if (bearer?.startsWith(keyPrefixes.organiser)) return options.keySessions.organiser.callerOf(bearer)
  if (isForKeys(access)) {
    const sessions = options.keySessions[access]
    if (bearer?.startsWith(keyPrefixes[access])) return sessions.callerOf(bearer)
    if (bearer !== undefined || keyCookie === undefined) {
      const whose = access === 'door' ? 'the door' : 'an organiser'
      throw new TicketingError('unauthenticated', `Send the key of ${whose} as Authorization: Bearer.`)
    }
    return sessions.verify(keyCookie)
  }
  const token = bearer ?? sessionCookie
  if (token !== undefined) return user(await options.verifyToken(token))
  if (options.mode === 'jwt') throw new TicketingError('unauthenticated', 'Send a token as Authorization: Bearer.')
  return undefined
}

/** Whether a route is for those who have a key. */
export function isForKeys(access: Access): access is KeyRole {
  return access in keyPrefixes
}

/** In demo mode: the caller whose `user_id` a request claims, or else a new guest. */
export function claimedCaller(userId: string | undefined, idempotencyKey: string | undefined): Caller {
  return user(userId ?? guestId(idempotencyKey))
}

/** The id of a guest. Equal keys give equal guests; otherwise a repeated purchase would buy twice. */
function guestId(idempotencyKey: string | undefined): string {
  if (idempotencyKey === undefined) return `guest-${randomUUID()}`
  return `guest-${createHash('sha256').update(idempotencyKey).digest('base64url').slice(0, 22)}`
}

function bearerToken(authorization: string): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1]
}
