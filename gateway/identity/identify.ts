import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { TicketingError } from '#shared/errors.ts'
import { anonymous, type Caller, user } from '#shared/messaging/caller.ts'
import type { VerifyToken } from './tokens.ts'

/** The credentials of a request. */
export interface Credentials {
  /** Value of the Authorization header, '' when absent. */
  readonly authorization: string
  /** Token from the session cookie: never an organiser's key, because browsers send cookies for every page. */
  readonly sessionCookie: string | undefined
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
 * The caller that a request proves by its token or key; undefined in demo mode, where it may just claim one. Throws `unauthenticated`,
 * or what `verifyToken` throws.
 */
export async function identify(
  { authorization, sessionCookie }: Credentials,
  access: Access,
  options: IdentifyOptions,
): Promise<Caller | undefined> {
  const bearer = bearerToken(authorization)
  // The answer is the same for all, so an expired cookie must not prevent it.
  if (access === 'public' && bearer === undefined) return anonymous
  if (bearer?.startsWith(organiserPrefix)) return organiser(bearer, options.organiserKey)
  if (access === 'organiser')
    throw new TicketingError('unauthenticated', 'Send the key of an organiser as Authorization: Bearer.')
  const token = bearer ?? sessionCookie
  if (token !== undefined) return user(await options.verifyToken(token))
  if (options.mode === 'jwt') throw new TicketingError('unauthenticated', 'Send a token as Authorization: Bearer.')
  return undefined
}

/** Demo mode: the caller whose `user_id` a request claims. Without one, a guest with a new id. */
export function claimedCaller(userId: string | undefined, idempotencyKey: string | undefined): Caller {
  return user(userId ?? guestId(idempotencyKey))
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
