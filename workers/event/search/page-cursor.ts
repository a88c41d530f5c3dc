import { createHash } from 'node:crypto'
import { z } from 'zod'
import { localDate, utcTime } from '#shared/contracts/fields.ts'
import { invalidRequest } from '#shared/errors.ts'

/** The position in a list after which the next page begins, by the list's order. */
export interface PagePosition {
  /** Its relevance tier, see `tiers.ts`; 0 if nothing is ranked. */
  readonly tier: number
  /** The price or distance if the list is ordered by it, else 0. */
  readonly key: number
  readonly startsOn: string
  readonly startsAt: Date | null
  readonly id: string
}

/** An event in a list: its position, and the version that was found. */
export interface FoundEvent extends PagePosition {
  readonly version: number
}

const parts = z.tuple([z.string(), z.int().min(0).max(9), z.number().min(0), localDate, utcTime.nullable(), z.uuid()])

/** Opaque to clients: base64url of JSON. `list`: the result of `listFingerprint`. */
export function writeCursor(list: string, { tier, key, startsOn, startsAt, id }: PagePosition): string {
  return Buffer.from(JSON.stringify([list, tier, key, startsOn, startsAt, id])).toString('base64url')
}

/** Throws `validation_failed` if the cursor is malformed or belongs to another list. Prices are integers, distances are not. */
export function readCursor(list: string, cursor: string, { isByDistance = false } = {}): PagePosition {
  const parsed = parts.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')))
  const isKey = parsed.data !== undefined && (isByDistance || Number.isSafeInteger(parsed.data[2]))
  if (!parsed.success || parsed.data[0] !== list || !isKey) {
    throw invalidRequest([{ pointer: '/cursor', detail: 'is not a cursor of this list' }])
  }
  const [, tier, key, startsOn, startsAt, id] = parsed.data
  return { tier, key, startsOn, startsAt: startsAt === null ? null : new Date(startsAt), id }
}

/** Identifies a list: the same for all of its pages. */
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
