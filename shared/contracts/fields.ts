import { z } from 'zod'
import { parsePublicId } from '#shared/ids.ts'

/** Text without NUL, which Postgres refuses, and without lone surrogates, which UTF-8 cannot encode. */
export function text(maxLength: number, minLength = 1) {
  return z
    .string()
    .min(minLength)
    .max(maxLength)
    .refine((value) => !value.includes('\0') && value.isWellFormed(), 'must not contain NUL or broken characters')
}

export const eventId = z
  .uuid()
  .toLowerCase()
  .meta({ description: 'Id of the event', examples: ['019a0000-0000-7000-8000-000000000002'] })

/** Public id of a hold, booking or ticket; see `shared/ids.ts`. */
export const publicIdField = z
  .string()
  .length(43)
  .refine((value) => parsePublicId(value) !== null, 'is not an id of this system')
  .meta({ examples: ['AZoAAAAAcACAAAAAAAAAAgGa0AAAAHAAgAAAAAAAAAM'] })

export const holdId = publicIdField.describe('Id of the hold')
export const bookingId = publicIdField.describe('Id of the booking')
export const ticketId = publicIdField.describe('Id of the ticket')

/** Only these characters, because the id travels in a message header. */
export const userId = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters, without spaces')
  .meta({ description: 'Id of the user, as the identity provider issues it', examples: ['125'] })

export const seatNo = z
  .int()
  .min(0)
  .max(999_999)
  .meta({
    description: 'Number of the seat: its index in the layout of the event, from 0 without gaps',
    examples: [17],
  })

export const priceMinor = z
  .int()
  .min(0)
  .max(1_000_000_000_000)
  .meta({ description: 'Price in minor units of the currency, such as cents', examples: [5_000] })
/** Sum of prices or payments. `z.int()` bounds it to exact integers, far above 100 of the highest prices. */
export const totalMinor = z
  .int()
  .min(0)
  .meta({ description: 'Sum of prices in minor units of the currency', examples: [10_000] })
export const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as EUR')
  .meta({ description: 'Currency of the prices, ISO 4217', examples: ['EUR'] })

/** ISO 4217 codes that Node knows, including some past ones. */
const knownCurrencies = new Set(Intl.supportedValuesOf('currency'))

/** Of a price that is set by an organiser. */
export const knownCurrency = currency.refine(
  (code) => knownCurrencies.has(code),
  'must be an ISO 4217 code in use, such as EUR',
)

/** A time in a reply. */
export const utcTime = z.iso.datetime().meta({ examples: ['2027-03-05T19:00:00.000Z'] })

/** How far the system has come, in a reply; `min_seq` of seat states accepts it. */
export const seq = z.string().meta({
  description: 'Position of this write: seat states with this `seq` or a higher one include it',
  examples: ['8412'],
})

export const localDate = z.iso
  .date()
  .refine(isOrdinaryYear, 'must be a date between the years 1000 and 9998')
  .meta({ examples: ['2027-03-05'] })
/** RFC 3339 with offset or Z. Postgres takes offsets below 16 hours. */
export const instant = z.iso
  .datetime({ offset: true })
  .refine(isOrdinaryInstant, 'must be a time between the years 1000 and 9998')
  .refine((time) => !/[+-](1[6-9]|2\d):\d\d$/.test(time), 'must have an offset of less than 16 hours')
  .meta({ examples: ['2027-01-15T10:00:00+01:00'] })
/** An IANA time zone that this Node knows. */
export const timeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin')
  .meta({ description: 'IANA time zone of the venue', examples: ['Europe/Berlin'] })

/** A whole number, also as a query parameter: `20`, not `0x14`, `2e1` or an empty text. */
export function wholeNumber({ min, max }: { min: number; max: number }) {
  const written = z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
  const allowed = `must be a whole number from ${min} to ${max}`
  return z.union([z.int(), written], allowed).pipe(z.int().min(min, allowed).max(max, allowed))
}

/** A number, also as a query parameter: `52.5`, not `5.25e1`. */
export function decimal({ min, max }: { min: number; max: number }) {
  const written = z
    .string()
    .regex(/^-?\d{1,6}(\.\d{1,12})?$/)
    .transform(Number)
  const allowed = `must be a number from ${min} to ${max}`
  return z.union([z.number(), written], allowed).pipe(z.number().min(min, allowed).max(max, allowed))
}

/** A list, also as a query parameter: one text of items separated by commas, each converted by `read`. */
export function commaSeparated<Item extends z.ZodType<unknown, string>>(
  list: z.ZodArray<Item>,
  options: { maxLength: number; message: string; read?: (item: string) => string },
) {
  const { maxLength, message, read = (item) => item } = options
  const written = z
    .string()
    .max(maxLength)
    .transform((text) => text.split(',').map(read))
  return z.union([list, written.pipe(list)], message)
}

export const defaultPageSize = 20
export const pageLimit = wholeNumber({ min: 1, max: 100 }).default(defaultPageSize).describe('Most items on a page')
export const cursor = text(300).describe('Where the page begins: `next_cursor` of the page before')

/** Whether the year has four digits in every time zone. */
function isOrdinaryYear(time: string): boolean {
  return time >= '1000-01-02' && time < '9999'
}

/** The same for a time, whose offset may lead into another year. */
function isOrdinaryInstant(time: string): boolean {
  const at = new Date(time)
  return !Number.isNaN(at.getTime()) && isOrdinaryYear(at.toISOString())
}

/** Cached, because a lookup by `Intl` costs 0.25 ms. There are only a few hundred zones. */
const knownTimeZones = new Set<string>()

function isTimeZone(name: string): boolean {
  if (knownTimeZones.has(name)) return true
  // Node also accepts +05:30 and IST, but Postgres reads the first with the opposite sign and the second as Israel's.
  if (!/^(UTC|[A-Za-z]+\/.+)$/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    knownTimeZones.add(name)
    return true
  } catch {
    return false
  }
}

/** The schema of one page of a list. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item).describe('The items of this page'),
    next_cursor: z.string().nullable().describe('Cursor of the next page; null on the last one'),
  })
}
