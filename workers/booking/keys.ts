import { type IdParts, parsePublicId } from '#shared/ids.ts'

/** Event and own id of a hold or booking: by both together its rows are found. */
export type Key = IdParts

/** The key behind a public id that a contract has checked. */
export function keyOf(publicId: string): Key {
  const key = parsePublicId(publicId)
  if (key === null) throw new Error(`${publicId} passed the contract but is no public id`)
  return key
}
