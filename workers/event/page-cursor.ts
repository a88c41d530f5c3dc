import { z } from 'zod'
import { instant, localDate } from '#shared/contracts/fields.ts'
import { invalidRequest } from '#shared/field-errors.ts'

/** The place in a list after which the next page begins: what the list is ordered by. */
export interface PagePosition {
  /** 0 where nothing is ranked. */
  readonly rank: number
  readonly startsOn: string
  readonly startsAt: Date | null
  readonly id: string
}

const parts = z.tuple([z.number().min(0).max(1), localDate, instant.nullable(), z.uuid()])

/** Opaque to clients: base64url of JSON. */
export function writeCursor({ rank, startsOn, startsAt, id }: PagePosition): string {
  return Buffer.from(JSON.stringify([rank, startsOn, startsAt, id])).toString('base64url')
}

/** Throws `validation_failed` when the cursor is not one of ours. */
export function readCursor(cursor: string): PagePosition {
  const parsed = parts.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')))
  if (!parsed.success) throw invalidRequest([{ pointer: '/cursor', detail: 'is not a cursor of this list' }])
  const [rank, startsOn, startsAt, id] = parsed.data
  return { rank, startsOn, startsAt: startsAt === null ? null : new Date(startsAt), id }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
