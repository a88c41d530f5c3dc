import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { TicketingError } from '#shared/errors.ts'
import type { Caller } from '#shared/messaging/caller.ts'
import { type SessionTokens, sessionTokens } from './tokens.ts'

/**
 * Where a key is exchanged for a cookie: organisers sign in at the desk, gates at the door. Not in demo's `ticketing_session`: browsers send
 * these to their paths alone.
 */
export const keyCookies = {
  organiser: { name: 'ticketing_desk', path: '/admin' },
  door: { name: 'ticketing_door', path: '/check-in' },
} as const

export type KeyRole = keyof typeof keyCookies

/** Part of each secret, so that no cookie of the desk is valid at the door, although one key may open both. */
const purposes = { organiser: 'sessions of the desk', door: 'sessions of the door' } as const

/**
 * Everybody who has one of the keys of a role. The secret of a token follows from its key, so it says nothing of the key, all gateways verify
 * it, and it is invalid once the key was replaced or removed.
 */
export class KeySessions {
  readonly #caller: Caller
  readonly #keys: readonly { readonly key: string; readonly tokens: SessionTokens }[]

  /** `keys`: absent ones open nothing. */
  constructor(role: KeyRole, keys: readonly (string | undefined)[]) {
    this.#caller = { role, id: role }
    this.#keys = keys.flatMap((key) => {
      if (key === undefined) return []
      const secret = createHmac('sha256', key).update(purposes[role]).digest('base64url')
      return [{ key, tokens: sessionTokens(secret) }]
    })
  }

  /** The caller who sends a key. Throws `unauthenticated` for a wrong one. */
  callerOf(key: string): Caller {
    this.#find(key)
    return this.#caller
  }

  /** A token for the one who sends a key. Throws `unauthenticated` for a wrong one. */
  async open(key: string): Promise<string> {
    return this.#find(key).tokens.issue(this.#caller.id)
  }

  /** The caller who sends a token. Throws `unauthenticated` if it has expired, or if none of the present keys was exchanged for it. */
  async verify(token: string): Promise<Caller> {
    const verified = await Promise.allSettled(this.#keys.map(({ tokens }) => tokens.verify(token)))
    if (verified.some(({ status }) => status === 'fulfilled')) return this.#caller
    throw new TicketingError('unauthenticated', 'You are not signed in any more; sign in with your key.')
  }

  #find(key: string) {
    const found = this.#keys.find((known) => isSame(known.key, key))
    if (found === undefined) throw new TicketingError('unauthenticated', 'This key is not valid.')
    return found
  }
}

/** Takes the same time for every wrong key. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}
