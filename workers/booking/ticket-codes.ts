import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { createLocalJWKSet, type JWTVerifyGetKey, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import { ticketId } from '#shared/contracts/fields.ts'
import type { viewTicketKeys } from '#shared/contracts/tickets.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Key, keyOf } from '#shared/ids.ts'

export type TicketKey = ReplyOf<typeof viewTicketKeys>['keys'][number]

/** Long enough to distinguish keys, and short because the code is shown as a QR code. */
const keyIdLength = 8
/** The `typ` of a code, so that no other token passes for one. */
const codeType = 'ticket+jwt'

const codeClaims = z.object({ sub: ticketId, ver: z.int().min(1) })

/** Signs and reads the codes that a door scans. A ticket, serial and key always give the same code. */
export class TicketCodes {
  /** The signing key comes first; all keys are valid. */
  readonly publicKeys: readonly TicketKey[]
  readonly #signingKey: KeyObject | undefined
  readonly #keyOf: JWTVerifyGetKey

  /** `keys`: private Ed25519 keys; the first one signs. */
  constructor(keys: readonly KeyObject[]) {
    this.publicKeys = keys.map(toTicketKey)
    this.#signingKey = keys[0]
    this.#keyOf = createLocalJWKSet({ keys: [...this.publicKeys] })
  }

  /** The code of a ticket, by its public id. Throws `unavailable` without a key. */
  async sign({ id, serial }: { readonly id: string; readonly serial: number }): Promise<string> {
    const kid = this.publicKeys[0]?.kid
    if (this.#signingKey === undefined || kid === undefined) throw noKeys()
    return new SignJWT({ ver: serial })
      .setSubject(id)
      .setProtectedHeader({ alg: 'EdDSA', typ: codeType, kid })
      .sign(this.#signingKey)
  }

  /** The ticket and serial in a genuine code; null for any other text. Throws `unavailable` without a key. */
  async read(code: string): Promise<{ readonly key: Key; readonly serial: number } | null> {
    if (this.publicKeys.length === 0) throw noKeys()
    try {
      const { payload } = await jwtVerify(code, this.#keyOf, { algorithms: ['EdDSA'], typ: codeType })
      const { sub, ver } = codeClaims.parse(payload)
      return { key: keyOf(sub), serial: ver }
    } catch {
      return null
    }
  }
}

function noKeys(): TicketingError {
  return new TicketingError('unavailable', 'Tickets can be neither signed nor checked now; try again shortly.')
}

/** The key's id is the beginning of its thumbprint (RFC 7638), so every worker gives it the same id. */
function toTicketKey(key: KeyObject): TicketKey {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  const thumbprint = createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url')
  return { kty: 'OKP', crv: 'Ed25519', x, kid: thumbprint.slice(0, keyIdLength), alg: 'EdDSA', use: 'sig' }
}
