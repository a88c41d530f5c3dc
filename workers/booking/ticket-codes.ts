import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewTicketKeys } from '#shared/contracts/tickets.ts'
import { TicketingError } from '#shared/errors.ts'

export type TicketKey = ReplyOf<typeof viewTicketKeys>['keys'][number]

/** Long enough to tell keys apart, and short, because the code is shown as a picture. */
const keyIdLength = 8

/** Signs what a door reads. The same ticket, serial and key always make the same code. */
export class TicketCodes {
  /** The key that signs comes first; all are valid. */
  readonly publicKeys: readonly TicketKey[]
  readonly #signingKey: KeyObject | undefined

  /** `keys`: private Ed25519 keys; the first one signs. */
  constructor(keys: readonly KeyObject[]) {
    this.publicKeys = keys.map(toTicketKey)
    this.#signingKey = keys[0]
  }

  /** The code of a ticket, by its public id. Throws `unavailable` without a key. */
  async sign({ id, serial }: { readonly id: string; readonly serial: number }): Promise<string> {
    const kid = this.publicKeys[0]?.kid
    if (this.#signingKey === undefined || kid === undefined) {
      throw new TicketingError('unavailable', 'Tickets cannot be signed now; try again shortly.')
    }
    return new SignJWT({ ver: serial })
      .setSubject(id)
      .setProtectedHeader({ alg: 'EdDSA', typ: 'ticket+jwt', kid })
      .sign(this.#signingKey)
  }
}

/** The id is the beginning of the key's thumbprint (RFC 7638), so every worker gives a key the same id. */
function toTicketKey(key: KeyObject): TicketKey {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  const thumbprint = createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url')
  return { kty: 'OKP', crv: 'Ed25519', x, kid: thumbprint.slice(0, keyIdLength), alg: 'EdDSA', use: 'sig' }
}
