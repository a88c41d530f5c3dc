import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { TicketingError } from '#shared/errors.ts'
import { anonymous, type Caller, user } from '#shared/messaging/caller.ts'
import type { VerifyToken } from './tokens.ts'

/** The credentials of a request. */
export interface Credentials {
  /** Value of the Authorization header, '' when absent. */
  readonly authorization: string
  /** Token from the session cookie. */
  readonly sessionCookie: string | undefined
  /** `user_id` from query or body, where the route allows it. */
  readonly claimedUserId: string | undefined
  readonly idempotencyKey: string | undefined
}

/** Who may use a route: everybody, with one answer for all; a caller, for their own things; or organisers. */
export type Access = 'public' | 'caller' | 'organiser'

export interface IdentifyOptions {
  readonly mode: 'demo' | 'jwt'
  readonly verifyToken: VerifyToken
  readonly organiserKey: string | undefined
}

const organiserPrefix = 'org_'

/**
 * The caller of a request. A token (header or cookie) always counts; in demo mode a claimed `user_id` is believed, and without one the
 * caller is a guest with a new id. Throws `unauthenticated`, `forbidden`, or what `verifyToken` throws.
 */
export async function identify(credentials: Credentials, access: Access, options: IdentifyOptions): Promise<Caller> {
  const { claimedUserId } = credentials
  const bearer = bearerToken(credentials.authorization)
  // The answer is the same for all, so an expired cookie must not prevent it.
  if (access === 'public' && bearer === undefined) return anonymous
  const token = bearer ?? credentials.sessionCookie
  if (token?.startsWith(organiserPrefix)) return organiser(token, options.organiserKey)
  if (access === 'organiser') throw new TicketingError('unauthenticated', 'An organiser key is needed.')
  if (token !== undefined) {
    const id = await options.verifyToken(token)
    if (claimedUserId !== undefined && claimedUserId !== id) {
      throw new TicketingError('forbidden', 'user_id is not the user of the token.')
    }
    return user(id)
  }
  if (access === 'public') return anonymous
  if (options.mode === 'jwt') throw new TicketingError('unauthenticated', 'A token is needed.')
  return user(claimedUserId ?? guestId(credentials.idempotencyKey))
}

/** The same key makes the same guest, or a repeated purchase would buy twice. */
function guestId(idempotencyKey: string | undefined): string {
  if (idempotencyKey === undefined) return `guest-${randomUUID()}`
  return `guest-${createHash('sha256').update(idempotencyKey).digest('base64url').slice(0, 22)}`
}

function bearerToken(authorization: string): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1]
}

function organiser(key: string, expected: string | undefined): Caller {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  if (expected === undefined || !timingSafeEqual(digest(key), digest(expected))) {
    throw new TicketingError('unauthenticated', 'The organiser key is not valid.')
  }
  return { role: 'organiser', id: 'organiser' }
}
