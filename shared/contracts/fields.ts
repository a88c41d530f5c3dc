import { z } from 'zod'
import { parsePublicId } from '#shared/ids.ts'

/** Postgres refuses NUL in text, and a lone surrogate cannot be written as UTF-8: both end here with a clear message. */
export function text(maxLength: number, minLength = 1) {
  return z
    .string()
    .min(minLength)
    .max(maxLength)
    .refine((value) => !value.includes('\0') && value.isWellFormed(), 'must not contain NUL or broken characters')
}

export const eventId = z.uuid().toLowerCase()

/** Public id of a hold, booking or ticket: see `shared/ids.ts`. */
export const publicIdField = z
  .string()
  .length(43)
  .refine((value) => parsePublicId(value) !== null, 'is not an id of this system')

/** 1–128 printable ASCII characters without blanks: it travels in a message header. */
export const userId = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters, no blanks')

/** Dense index of a seat in the layout of its event, from 0. */
export const seatNo = z.int().min(0).max(999_999)

export const priceMinor = z.int().min(0).max(1_000_000_000_000)
/** ISO 4217, upper case. */
export const currency = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as EUR')

/** From year 1 on: Postgres knows no year 0. */
export const localDate = z.iso.date().refine(hasYear, 'must be a date of the year 1 or later')
/** RFC 3339 with offset or Z. */
export const instant = z.iso.datetime({ offset: true }).refine(hasYear, 'must be a time of the year 1 or later')
/** An IANA zone name that this Node knows. */
export const timeZone = z.string().max(64).refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin')

export const pageLimit = z.coerce.number().int().min(1).max(100).default(20)
export const cursor = text(300)

function hasYear(time: string): boolean {
  return !time.startsWith('0000')
}

function isTimeZone(name: string): boolean {
  // Node takes +05:30 and IST for zones too, but Postgres counts the first backwards and takes the second for Israel.
  if (!/^(UTC|[A-Za-z]+\/.+)$/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** `{items, next_cursor}`: the shape of every list. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() })
}
