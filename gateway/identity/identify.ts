import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { TicketingError } from '#shared/errors.ts'
import { anonymous, type Caller, user } from '#shared/messaging/caller.ts'
import type { VerifyToken } from './tokens.ts'

/** What a request says about who sent it. */
export interface Credentials {
  /** Value of the Authorization header, '' when absent. */
  readonly authorization: string
  /** Token from the session cookie. */
  readonly sessionCookie: string | undefined
  /** `user_id` from query or body, where the route allows it. */
  readonly claimedUserId: string | undefined
  readonly idempotencyKey: string | undefined
}

/** Who may use a route: everybody with one and the same answer, a caller for things of their own, or organisers. */
export type Access = 'public' | 'caller' | 'organiser'

export interface IdentifyOptions {
  readonly mode: 'demo' | 'jwt'
  readonly verifyToken: VerifyToken
  readonly organiserKey: string | undefined
}

const organiserPrefix = 'org_'

/**
 * Says who calls. A token (header or cookie) always counts; in demo mode a claimed `user_id` is believed, and somebody
 * who says nothing is a guest with a fresh id. Throws `unauthenticated`, `forbidden`, or what `verifyToken` does.
 */
export async function identify(credentials: Credentials, access: Access, options: IdentifyOptions): Promise<Caller> {
  const { claimedUserId } = credentials
  const bearer = bearerToken(credentials.authorization)
  // Everybody gets the same answer there: a cookie that has expired, or is somebody else's, must not stand in the way.
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

/** A guest who repeats a request with the same key must be the same guest, or the repetition would buy twice. */
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
