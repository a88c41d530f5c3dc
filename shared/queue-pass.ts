import { errors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { TicketingError } from '#shared/errors.ts'
import { eventId, userId } from './contracts/fields.ts'

/*
 * A pass lets one buyer of one event take places. Gateways sign it; gateways and booking workers verify it. It is a session: one booking,
 * and a few holds before it, which the booking worker counts by the id of the pass.
 */

const claims = z.object({
  sub: userId,
  event: eventId,
  /** Arrival index of the buyer's place; null: a bypass pass from the organiser. */
  place: z.int().min(0).nullable(),
  /** When the session began, in ms since 1970, by the clock of Redis. */
  began: z.int(),
  /** The session ends after this many ms without activity. */
  idle: z.int().min(1),
  /** Latest end, in seconds since 1970. */
  exp: z.int(),
  /** The id of the place, which is not a valid UUID; for a bypass pass a UUID v7. */
  jti: z.guid(),
})

export type QueuePass = z.infer<typeof claims>

/** Most holds with one pass: enough for a change of mind, too few for a bot. */
export const maxHoldsOfPass = 3

const typ = 'pass+jwt'
const algorithm = 'HS256'

/** The claims of a valid pass. Throws `pass_expired` or `pass_invalid`. The caller checks user and event. */
export type VerifyPass = (pass: string) => Promise<QueuePass>

/** Signs and verifies passes with a secret that gateways and booking workers share. */
export function queuePasses(secret: string): {
  /** Valid until `exp`. */
  sign(pass: QueuePass): Promise<string>
  verify: VerifyPass
} {
  const key = new TextEncoder().encode(secret)
  return {
    sign: ({ sub, jti, exp, ...rest }) =>
      new SignJWT(rest)
        .setProtectedHeader({ alg: algorithm, typ })
        .setSubject(sub)
        .setJti(jti)
        .setExpirationTime(exp)
        .sign(key),
    async verify(pass) {
      try {
        const { payload } = await jwtVerify(pass, key, { algorithms: [algorithm], typ, requiredClaims: ['exp'] })
        return claims.parse(payload)
      } catch (error) {
        if (error instanceof errors.JWTExpired) {
          throw new TicketingError('pass_expired', 'Your pass has expired; join the queue.', { cause: error })
        }
        throw new TicketingError('pass_invalid', 'This pass is not valid here; join the queue.', { cause: error })
      }
    },
  }
}
