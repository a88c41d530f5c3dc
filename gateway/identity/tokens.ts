import { createPublicKey, type KeyObject } from 'node:crypto'
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify, SignJWT } from 'jose'
import { userId } from '#shared/contracts/fields.ts'
import { TicketingError } from '#shared/errors.ts'

/** Accepted signatures of an identity provider: asymmetric only, so a public key can never verify an HMAC. */
const acceptedAlgorithms = ['EdDSA', 'ES256', 'RS256', 'PS256']

export const sessionLifetimeSeconds = 12 * 3600

/** Deadline for fetching the keys of an identity provider. */
const fetchKeysMs = 2_000
/** Keys are fetched again this often, so that a revoked key loses its trust. */
const refreshKeysAfterMs = 5 * 60_000
/** How long cached keys are trusted while the provider is unavailable. */
const trustKeysForMs = 24 * 3_600_000

/** The user id of a valid token. Throws `unauthenticated`, or `unavailable` when the token cannot be verified now. */
export type VerifyToken = (token: string) => Promise<string>

/** Issues a demo token for any user id. */
export type IssueToken = (userId: string) => Promise<string>

export interface SessionTokens {
  readonly verify: VerifyToken
  readonly issue: IssueToken
}

/** Tokens that the gateways sign themselves: HMAC with a shared secret. */
export function sessionTokens(secret: string): SessionTokens {
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

/**
 * Verifies tokens of an identity provider with its JWKS or one public key (SPKI in PEM). Calls `onUnavailable` with the reason when keys
 * could not be fetched, even if cached keys are still used.
 */
export function providerTokens(provider: IdentityProvider, onUnavailable: (error: Error) => void): VerifyToken {
  const options = {
    algorithms: acceptedAlgorithms,
    requiredClaims: ['sub', 'exp'],
    ...(provider.issuer === undefined ? {} : { issuer: provider.issuer }),
    ...(provider.audience === undefined ? {} : { audience: provider.audience }),
  }
  const key = verificationKey(provider, onUnavailable)
  return (token) =>
    subjectOf(typeof key === 'function' ? jwtVerify(token, key, options) : jwtVerify(token, key, options))
}

function verificationKey(
  { jwksUrl, publicKey }: IdentityProvider,
  onUnavailable: (error: Error) => void,
): KeyObject | JWTVerifyGetKey {
  return jwksUrl === undefined ? createPublicKey(publicKey ?? '') : fetchedKeys(new URL(jwksUrl), onUnavailable)
}

/**
 * The key that a token names. Keys are refreshed in the background, so a slow or unavailable identity provider locks nobody out. A request
 * waits only for the first keys and for an unknown key. Throws `unavailable` when keys cannot be fetched.
 */
function fetchedKeys(url: URL, onUnavailable: (error: Error) => void): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(url, { timeoutDuration: fetchKeysMs, cacheMaxAge: trustKeysForMs })
  let refreshAt = Date.now() + refreshKeysAfterMs
  return async (header, token) => {
    if (keys.fresh && Date.now() >= refreshAt) {
      refreshAt = Date.now() + refreshKeysAfterMs
      keys.reload().catch(onUnavailable)
    }
    try {
      return await keys(header, token)
    } catch (error) {
      if (!(error instanceof Error) || isFaultOfToken(error)) throw error
      onUnavailable(error)
      throw new TicketingError('unavailable', 'Tokens cannot be verified now; try again shortly.', { cause: error })
    }
  }
}

/** Whether the token caused the error. All other errors with keys are the provider's. */
function isFaultOfToken(error: Error): boolean {
  const { JWKSNoMatchingKey, JWKSMultipleMatchingKeys, JOSENotSupported } = errors
  return [JWKSNoMatchingKey, JWKSMultipleMatchingKeys, JOSENotSupported].some((fault) => error instanceof fault)
}

async function subjectOf(verified: Promise<{ payload: JWTPayload }>): Promise<string> {
  try {
    const { payload } = await verified
    return userId.parse(payload.sub)
  } catch (error) {
    if (error instanceof TicketingError) throw error
    throw new TicketingError('unauthenticated', 'The token is not valid or has expired.', { cause: error })
  }
}
