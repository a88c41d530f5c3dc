import { parsePublicId } from '#shared/ids.ts'
import { invalidCursor } from './refusals.ts'

/** The own id in a cursor that is a public id: that of the last item of the page before. Null for the first page. */
export function ownIdIn(cursor: string | undefined): string | null {
  if (cursor === undefined) return null
  const key = parsePublicId(cursor)
  if (key !== null) return key.ownId
  throw invalidCursor()
}

/** A page of up to `limit` of the items `found`, of which one more was read to know whether there are more. */
export function pageOf<Item>(
  found: readonly Item[],
  limit: number,
  cursorOf: (last: Item) => string,
): { items: Item[]; next_cursor: string | null } {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items, next_cursor: last !== undefined && found.length > limit ? cursorOf(last) : null }
}
