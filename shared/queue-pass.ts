import { errors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { TicketingError } from '#shared/errors.ts'
import { eventId, userId } from './contracts/fields.ts'

/*
 * A pass admits one buyer of one event to what takes places. Gateways sign it, gateways and booking workers check it. It is a session:
 * one booking, and a few holds on the way to it, which booking counts by the id of the pass.
 */

const claims = z.object({
  sub: userId,
  event: eventId,
  /** Arrival index of the buyer's place; null: given by the organiser, beside the queue. */
  place: z.int().min(0).nullable(),
  /** When the session began, in ms since 1970, by the clock of Redis. */
  began: z.int(),
  /** After so many ms without a sign of life the session ends. */
  idle: z.int().min(1),
  /** Seconds since 1970: when it ends at the latest. */
  exp: z.int(),
  /** The place's own id, which is no UUID of a version; beside the queue a UUID v7. */
  jti: z.guid(),
})

export type QueuePass = z.infer<typeof claims>

/** How many holds one pass is good for: enough for a change of mind, too few for an army. */
export const maxHoldsOfPass = 3

const typ = 'pass+jwt'
const algorithm = 'HS256'

/** The claims of a valid pass. Throws `pass_expired` or `pass_invalid`. Whose it is and for which event, the caller compares. */
export type VerifyPass = (pass: string) => Promise<QueuePass>

/** Signs passes and verifies them, by a secret that gateways and booking workers share. */
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
