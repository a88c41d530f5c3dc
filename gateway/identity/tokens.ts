import { createPublicKey, type KeyObject } from 'node:crypto'
import { createRemoteJWKSet, type JWTPayload, type JWTVerifyGetKey, jwtVerify, SignJWT } from 'jose'
import { userId } from '#shared/contracts/fields.ts'
import { TicketingError } from '#shared/errors.ts'

/** Signatures we accept from an identity provider: asymmetric ones only, so that a public key never verifies an HMAC. */
const acceptedAlgorithms = ['EdDSA', 'ES256', 'RS256', 'PS256']

export const sessionLifetimeSeconds = 12 * 3600

/** Answers the user id that a token proves, or throws `unauthenticated`. */
export type VerifyToken = (token: string) => Promise<string>

/** Issues the demo's tokens: for anybody, as its name says. */
export type IssueToken = (userId: string) => Promise<string>

/** Tokens that this system signs itself (HMAC with one secret for all gateways). */
export function sessionTokens(secret: string): { verify: VerifyToken; issue: IssueToken } {
  const key = new TextEncoder().encode(secret)
  return {
    issue: (subject) =>
      new SignJWT()
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime(`${sessionLifetimeSeconds} s`)
        .sign(key),
    verify: (token) => subjectOf(jwtVerify(token, key, { algorithms: ['HS256'], requiredClaims: ['sub', 'exp'] })),
  }
}

export interface IdentityProvider {
  readonly jwksUrl: string | undefined
  readonly publicKey: string | undefined
  readonly issuer: string | undefined
  readonly audience: string | undefined
}

/** Tokens of an identity provider, by its JWKS (fetched within 2 s, cached) or one public key (SPKI in PEM). */
export function providerTokens(provider: IdentityProvider): VerifyToken {
  const options = {
    algorithms: acceptedAlgorithms,
    requiredClaims: ['sub', 'exp'],
    ...(provider.issuer === undefined ? {} : { issuer: provider.issuer }),
    ...(provider.audience === undefined ? {} : { audience: provider.audience }),
  }
  const key = verificationKey(provider)
  return (token) =>
    subjectOf(typeof key === 'function' ? jwtVerify(token, key, options) : jwtVerify(token, key, options))
}

function verificationKey({ jwksUrl, publicKey }: IdentityProvider): KeyObject | JWTVerifyGetKey {
  if (jwksUrl !== undefined) return createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 2_000 })
  return createPublicKey(publicKey ?? '')
}

async function subjectOf(verified: Promise<{ payload: JWTPayload }>): Promise<string> {
  try {
    const { payload } = await verified
    return userId.parse(payload.sub)
  } catch (error) {
    throw new TicketingError('unauthenticated', 'The token is not valid or has expired.', { cause: error })
  }
}
