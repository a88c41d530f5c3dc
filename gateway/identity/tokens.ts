import { createPublicKey, type KeyObject } from 'node:crypto'
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify, SignJWT } from 'jose'
import { userId } from '#shared/contracts/fields.ts'
import { TicketingError } from '#shared/errors.ts'

/** Signatures we accept from an identity provider: asymmetric ones only, so that a public key never verifies an HMAC. */
const acceptedAlgorithms = ['EdDSA', 'ES256', 'RS256', 'PS256']

export const sessionLifetimeSeconds = 12 * 3600

/** How long an identity provider may take to answer with its keys. */
const fetchKeysMs = 2_000
/** After so long the keys are asked for again: one that the provider takes back is believed no longer than that. */
const refreshKeysAfterMs = 5 * 60_000
/** For so long the keys at hand are believed although nobody confirms them. */
const trustKeysForMs = 24 * 3_600_000

/** Answers the user id that a token proves, or throws `unauthenticated`; `unavailable` where nobody can tell. */
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

/**
 * Tokens of an identity provider, by its JWKS or one public key (SPKI in PEM). `onAway` is told why the keys could not be
 * fetched, whether or not the ones at hand still do.
 */
export function providerTokens(provider: IdentityProvider, onAway: (error: Error) => void): VerifyToken {
  const options = {
    algorithms: acceptedAlgorithms,
    requiredClaims: ['sub', 'exp'],
    ...(provider.issuer === undefined ? {} : { issuer: provider.issuer }),
    ...(provider.audience === undefined ? {} : { audience: provider.audience }),
  }
  const key = verificationKey(provider, onAway)
  return (token) =>
    subjectOf(typeof key === 'function' ? jwtVerify(token, key, options) : jwtVerify(token, key, options))
}

function verificationKey(
  { jwksUrl, publicKey }: IdentityProvider,
  onAway: (error: Error) => void,
): KeyObject | JWTVerifyGetKey {
  return jwksUrl === undefined ? createPublicKey(publicKey ?? '') : fetchedKeys(new URL(jwksUrl), onAway)
}

/**
 * The key that a token names. Keys are refreshed beside the requests, which go on with the ones at hand, so that an identity
 * provider that is away or slow locks nobody out. Only the first keys, and one that is not known yet, are waited for. Throws
 * `unavailable` when they cannot be had: whether the token is good is then not known.
 */
function fetchedKeys(url: URL, onAway: (error: Error) => void): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(url, { timeoutDuration: fetchKeysMs, cacheMaxAge: trustKeysForMs })
  let refreshAt = Date.now() + refreshKeysAfterMs
  return async (header, token) => {
    if (keys.fresh && Date.now() >= refreshAt) {
      refreshAt = Date.now() + refreshKeysAfterMs
      keys.reload().catch(onAway)
    }
    try {
      return await keys(header, token)
    } catch (error) {
      if (!(error instanceof Error) || isFaultOfToken(error)) throw error
      onAway(error)
      throw new TicketingError('unavailable', 'Tokens cannot be verified now; try again shortly.', { cause: error })
    }
  }
}

/** Everything else that can go wrong with keys is their provider's doing. */
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
