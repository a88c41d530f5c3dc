import { randomUUIDv7 } from 'node:crypto'

/*
 * Rows have UUIDs of version 7, which sort by time. The public id of a hold, booking or ticket is
 * base64url(event uuid ‖ own uuid), 43 characters, so that every request names the event of its rows.
 */

/** The demo event, from which a `POST /purchase` without a body buys: 15,000 seats, always on sale. */
export const demoEventId = '019a0000-0000-7000-8000-000000000001'

/** A new UUID v7, which sorts by time. */
export function newId(): string {
  return randomUUIDv7()
}

/** Event and own id of a hold, booking or ticket: together its key. */
export interface Key {
  eventId: string
  ownId: string
}

/** The public id of a key. */
export function publicId({ eventId, ownId }: Key): string {
  return Buffer.concat([uuidBytes(eventId), uuidBytes(ownId)]).toString('base64url')
}

/** `null` unless the id is exactly 32 bytes of canonical base64url. */
export function parsePublicId(id: string): Key | null {
  const bytes = Buffer.from(id, 'base64url')
  // The last character has two unused bits: without this check, four spellings would mean one row.
  if (bytes.length !== 32 || bytes.toString('base64url') !== id) return null
  return { eventId: uuidText(bytes.subarray(0, 16)), ownId: uuidText(bytes.subarray(16)) }
}

/** As `parsePublicId`, for an id that a contract has already checked. */
export function keyOf(id: string): Key {
  const key = parsePublicId(id)
  if (key === null) throw new Error(`${id} passed the contract but is no public id`)
  return key
}

/** Creation time in an id of `newId`, in epoch ms. */
export function createdAtMs(uuid: string): number {
  return Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16)
}

function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}

/** 16 bytes in the usual text form of a UUID. */
export function uuidText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
