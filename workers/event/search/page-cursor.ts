import { createHash } from 'node:crypto'
import { z } from 'zod'
import { instant, localDate } from '#shared/contracts/fields.ts'
import { invalidRequest } from '#shared/errors.ts'

/** The place in a list after which the next page begins: what the list is ordered by. */
export interface PagePosition {
  /** Its relevance tier, see `tiers.ts`; 0 where nothing is ranked. */
  readonly tier: number
  /** Price or distance where that orders the list, else 0. */
  readonly key: number
  readonly startsOn: string
  readonly startsAt: Date | null
  readonly id: string
}

/** An event of a list: where it stands there, and which version of it was found. */
export interface FoundEvent extends PagePosition {
  readonly version: number
}

const parts = z.tuple([z.string(), z.int().min(0).max(9), z.number().min(0), localDate, instant.nullable(), z.uuid()])

/** Opaque to clients: base64url of JSON. `list` is what `listFingerprint` made of the question. */
export function writeCursor(list: string, { tier, key, startsOn, startsAt, id }: PagePosition): string {
  return Buffer.from(JSON.stringify([list, tier, key, startsOn, startsAt, id])).toString('base64url')
}

/** Throws `validation_failed` when the cursor is not one of ours, or one of another list. Prices are whole numbers, distances are not. */
export function readCursor(list: string, cursor: string, { isByDistance = false } = {}): PagePosition {
  const parsed = parts.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')))
  const isKey = parsed.data !== undefined && (isByDistance || Number.isSafeInteger(parsed.data[2]))
  if (!parsed.success || parsed.data[0] !== list || !isKey) {
    throw invalidRequest([{ pointer: '/cursor', detail: 'is not a cursor of this list' }])
  }
  const [, tier, key, startsOn, startsAt, id] = parsed.data
  return { tier, key, startsOn, startsAt: startsAt === null ? null : new Date(startsAt), id }
}

/** Tells lists apart: the same for all pages of one. */
export function listFingerprint(question: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(question)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url').slice(0, 8)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
