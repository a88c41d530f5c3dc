import { parsePublicId } from '#shared/ids.ts'
import { invalidCursor } from './refusals.ts'

/** Own id of the last thing of a page, in lists whose cursor is its public id: ids sort by time. */
export function ownIdIn(cursor: string): string {
  const key = parsePublicId(cursor)
  if (key !== null) return key.ownId
  throw invalidCursor()
}
