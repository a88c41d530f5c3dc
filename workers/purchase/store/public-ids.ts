import { type IdParts, parsePublicId } from '#shared/ids.ts'

/** Tables hold plain UUIDs; everywhere else ids of holds, bookings and tickets are public ones. Throws on any other text. */
export function partsOf(id: string): IdParts {
  const parts = parsePublicId(id)
  if (parts === null) throw new Error(`${id} is not a public id`)
  return parts
}
