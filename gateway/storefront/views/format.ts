import { minorDigits } from '#shared/money.ts'
import { type Html, html } from './html.ts'

/** Money, dates and times in the reader's language and the venue's time zone. */

/** `Intl` takes 50 µs to make a format, so formats are cached; there are few languages, currencies and zones. */
const formats = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>()

function remembered<Format extends Intl.DateTimeFormat | Intl.NumberFormat>(key: string, make: () => Format): Format {
  const known = formats.get(key) as Format | undefined
  if (known !== undefined) return known
  const made = make()
  formats.set(key, made)
  return made
}

/** `USD 189.50`, `EUR 28`; 0 is shown as `free`. `minor`: minor units, such as cents. */
export function money(minor: number, currency: string, { language, free }: { language: string; free: string }): string {
  return minor === 0 ? free : sum(minor, currency, language)
}

/** As `money`, but 0 is shown as a number. */
export function sum(minor: number, currency: string, language: string): string {
  const digits = minorDigits(currency)
  const format = remembered(
    `${language} ${currency}`,
    () =>
      new Intl.NumberFormat(language, {
        style: 'currency',
        currency,
        currencyDisplay: 'code',
        // For HUF and others `Intl` uses the digits of cash, not of minor units.
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
        trailingZeroDisplay: 'stripIfInteger',
      }),
  )
  return format.format(minor / 10 ** digits)
}

/** `1,204`. */
export function count(value: number, language: string): string {
  return remembered(language, () => new Intl.NumberFormat(language)).format(value)
}

/** The parts of a date on a stub. `localDate`: the venue's date, such as `2026-12-05`; read as UTC, because a date has no zone. */
export function stubDate(localDate: string, language: string): { weekday: string; day: string; month: string } {
  const date = new Date(`${localDate}T00:00:00Z`)
  const format = (options: Intl.DateTimeFormatOptions) =>
    dateFormat(language, { ...options, timeZone: 'UTC' }).format(date)
  return {
    weekday: format({ weekday: 'short' }),
    day: String(date.getUTCDate()),
    month: format({ month: 'short' }),
  }
}

/** `December 2026`. `month`: `2026-12`. */
export function monthName(month: string, language: string): string {
  const date = new Date(`${month}-01T00:00:00Z`)
  return dateFormat(language, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(date)
}

/** `Monday 19 April 2027`. */
export function longDate(localDate: string, language: string): string {
  const date = new Date(`${localDate}T00:00:00Z`)
  const options = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' } as const
  return withoutComma(dateFormat(language, options).format(date), language)
}

/** `Mon 19 April 2027`. */
function mediumDate(localDate: string, language: string): string {
  const date = new Date(`${localDate}T00:00:00Z`)
  const options = { weekday: 'short', day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' } as const
  return withoutComma(dateFormat(language, options).format(date), language)
}

/** `19:30`, in the venue's zone; UTC if the zone is unknown. `instant`: `2026-12-05T18:30:00.000Z`. */
export function clockTime(instant: string, { zone, language }: { zone: string | null; language: string }): string {
  const options = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone ?? 'UTC' } as const
  return dateFormat(language, options).format(new Date(instant))
}

/** `19:30:05`, in a zone; UTC if it is unknown. */
export function timeWithSeconds(
  instant: string,
  { zone, language }: { zone: string | null; language: string },
): string {
  const options = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const
  return dateFormat(language, { ...options, hourCycle: 'h23', timeZone: zone ?? 'UTC' }).format(new Date(instant))
}

/** `3 Dec`: the day of an instant in a zone. */
export function dayAndMonth(instant: string, { zone, language }: { zone: string | null; language: string }): string {
  const options = { day: 'numeric', month: 'short', timeZone: zone ?? 'UTC' } as const
  return dateFormat(language, options).format(new Date(instant))
}

/** `2026-12-05`: the date of an instant in a zone. */
export function dateIn(zone: string | null, instant: string): string {
  const options = { year: 'numeric', month: '2-digit', day: '2-digit', timeZone: zone ?? 'UTC' } as const
  // Swedish dates have the form of ISO 8601.
  return dateFormat('sv', options).format(new Date(instant))
}

/** `Monday 19 April 2027, 19:30` as `<time>`; without the time if it is not announced. */
export function eventTime(
  event: { readonly starts_on: string; readonly starts_at: string | null; readonly tz: string | null },
  language: string,
  length: 'long' | 'medium' = 'long',
): Html {
  const day = length === 'long' ? longDate(event.starts_on, language) : mediumDate(event.starts_on, language)
  if (event.starts_at === null) return html`<time datetime="${event.starts_on}" lang="${language}">${day}</time>`
  const time = clockTime(event.starts_at, { zone: event.tz, language })
  return html`<time datetime="${event.starts_at}" lang="${language}">${day}, ${time}</time>`
}

/** An instant as `Thursday 3 December 2026, 10:00`, in a zone. */
export function instantText(instant: string, { zone, language }: { zone: string | null; language: string }): string {
  return `${longDate(dateIn(zone, instant), language)}, ${clockTime(instant, { zone, language })}`
}

/** English may do without the comma after the weekday, so our texts have one only before the time. Other languages keep theirs. */
function withoutComma(text: string, language: string): string {
  return language === 'en-GB' ? text.replace(/^(\w+),/, '$1') : text
}

function dateFormat(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return remembered(`${language} ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(language, options))
}
