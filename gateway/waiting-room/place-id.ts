import { createHmac, timingSafeEqual } from 'node:crypto'
import { TicketingError } from '#shared/errors.ts'
import { parsePublicId, publicId, uuidText } from '#shared/ids.ts'

/*
 * A place id is 32 bytes: event (16), arrival index (6), and the first 10 bytes of an HMAC over these and the user. So it is the receipt of
 * the place: only its owner can use it, it is verified without Redis, and it restores a place that Redis has lost.
 */

export interface PlaceName {
  readonly eventId: string
  readonly index: number
}

/** Most places of one event. */
export const maxPlaces = 20_000_000
const indexBytes = 6
const macBytes = 10
const callerBytes = 12

/** Creates and verifies place ids; all gateways need the same secret. */
export class PlaceIds {
  readonly #secret: string

  constructor(secret: string) {
    this.#secret = secret
  }

  make({ eventId, index }: PlaceName, userId: string): string {
    return publicId({ eventId, ownId: uuidText(Buffer.concat([bytesOf(index), this.#mac(eventId, index, userId)])) })
  }

  /** The event and index of an id; null unless it was made for this user. */
  check(placeId: string, userId: string): PlaceName | null {
    const key = parsePublicId(placeId)
    if (key === null) return null
    const own = bytesOfUuid(key.ownId)
    const index = own.readUIntBE(0, indexBytes)
    const name = { eventId: key.eventId, index }
    return timingSafeEqual(own.subarray(indexBytes), this.#mac(key.eventId, index, userId)) ? name : null
  }

  /** As `check`. Throws `not_found`. */
  mustBeOf(placeId: string, userId: string): PlaceName {
    const name = this.check(placeId, userId)
    if (name === null) throw new TicketingError('not_found', 'You have no place with this id.')
    return name
  }

  /** The digest by which Redis knows a caller: Redis never learns user ids. */
  callerOf(userId: string): Buffer {
    return createHmac('sha256', this.#secret).update(`caller ${userId}`).digest().subarray(0, callerBytes)
  }

  #mac(eventId: string, index: number, userId: string): Buffer {
    const text = `place ${eventId} ${index} ${userId}`
    return createHmac('sha256', this.#secret).update(text).digest().subarray(0, macBytes)
  }
}

/** The index of the place for which a pass was given; null for a bypass pass, whose id begins with a time. */
export function placeOfPass(passId: string): number | null {
  const index = bytesOfUuid(passId).readUIntBE(0, indexBytes)
  return index < maxPlaces ? index : null
}

function bytesOfUuid(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}

function bytesOf(index: number): Buffer {
  const bytes = Buffer.alloc(indexBytes)
  bytes.writeUIntBE(index, 0, indexBytes)
  return bytes
}
