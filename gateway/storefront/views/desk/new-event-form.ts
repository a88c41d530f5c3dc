import type { RequestOf } from '#shared/contracts/contract.ts'
import type { createEvent } from '#shared/contracts/organising.ts'
import { formatterOf, instantsOf, localTimeAt, offsetAt } from '#shared/local-time.ts'
import { minorDigits, toMinor } from '#shared/money.ts'
import * as words from '../words/desk-new-event.ts'

type NewEvent = RequestOf<typeof createEvent>

export interface SectionFields {
  readonly name: string
  readonly rows: string
  readonly seatsPerRow: string
  readonly price: string
  readonly accessible: boolean
}

export interface AreaFields {
  readonly name: string
  readonly capacity: string
  readonly price: string
}

/** The fields of a new event, as they were typed. */
export interface NewEventForm {
  readonly name: string
  readonly type: string
  /** One a line. */
  readonly performers: string
  readonly description: string
  readonly venue: string
  readonly city: string
  readonly country: string
  readonly tz: string
  readonly startsOn: string
  readonly startsAt: string
  /** Clocks show `startsAt` twice that night, and the second time is meant; `opensSecond` likewise. */
  readonly startsSecond: boolean
  readonly currency: string
  readonly sections: readonly SectionFields[]
  readonly areas: readonly AreaFields[]
  /** `2027-03-05T10:00`, at the venue. */
  readonly opensAt: string
  readonly opensSecond: boolean
  readonly limit: string
}

export const newSection: SectionFields = { name: '', rows: '', seatsPerRow: '', price: '', accessible: false }
export const newArea: AreaFields = { name: '', capacity: '', price: '' }

export const emptyForm: NewEventForm = {
  ...{ name: '', type: '', performers: '', description: '' },
  ...{ venue: '', city: '', country: '', tz: '' },
  ...{ startsOn: '', startsAt: '', startsSecond: false },
  ...{ currency: 'EUR', sections: [newSection], areas: [] },
  ...{ opensAt: '', opensSecond: false, limit: '8' },
}

/** What is wrong with fields, by their names: a name is the JSON pointer of what the field becomes in the request. */
export type FieldFaults = Readonly<Record<string, string>>

/** The request that makes the event, or everything that the form is missing. The gateway checks the rest. */
export function requestOf(form: NewEventForm, now: Date): { request: NewEvent } | { faults: FieldFaults } {
  const faults: Record<string, string> = {}
  const required = (pointer: string, typed: string): string => {
    if (typed.trim() === '') faults[pointer] = words.required
    return typed.trim()
  }
  const whole = (pointer: string, typed: string): number => {
    const number = wholeNumber(typed)
    if (required(pointer, typed) !== '' && number === null) faults[pointer] = words.wholeNumber
    return number ?? 0
  }
  const currency = required('/currency', currencyOf(form))
  const price = (pointer: string, typed: string): number => {
    const minor = typedPrice(typed, currency)
    if (required(pointer, typed) !== '' && minor === null) faults[pointer] = priceFault(currency)
    return minor ?? 0
  }
  const starts = timeOf(form, 'starts')
  const opens = timeOf(form, 'opens')
  const request: NewEvent = {
    name: required('/name', form.name),
    ...optional('type', form.type),
    ...optional('description', form.description),
    venue: {
      name: required('/venue/name', form.venue),
      ...optional('city', form.city),
      ...optional('country', form.country),
      tz: required('/venue/tz', form.tz),
    },
    performers: form.performers.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()])),
    starts_on: required('/starts_on', form.startsOn),
    ...optional(
      'starts_at_local',
      starts.isShownTwice && starts.at ? starts.time + offsetAt(starts.at, form.tz.trim()) : starts.time,
    ),
    currency,
    sections: form.sections.map((section, index) => ({
      name: required(`/sections/${index}/name`, section.name),
      rows: whole(`/sections/${index}/rows`, section.rows),
      seats_per_row: whole(`/sections/${index}/seats_per_row`, section.seatsPerRow),
      price_minor: price(`/sections/${index}/price_minor`, section.price),
      accessible: section.accessible,
    })),
    areas: form.areas.map((area, index) => ({
      name: required(`/areas/${index}/name`, area.name),
      capacity: whole(`/areas/${index}/capacity`, area.capacity),
      price_minor: price(`/areas/${index}/price_minor`, area.price),
    })),
    max_tickets_per_user: whole('/max_tickets_per_user', form.limit),
  }
  if (!isKnownZone(form.tz)) faults['/venue/tz'] ??= words.unknownZone
  else {
    // The gateway stores it, but an event that is over cannot be published.
    if (form.startsOn < localTimeAt(now, form.tz.trim()).date) faults['/starts_on'] ??= words.dayIsOver
    else if (starts.at && starts.at <= now) faults['/starts_at_local'] = words.timeIsOver
    if (starts.isSkipped) faults['/starts_at_local'] = words.skipped(starts.time)
    if (form.opensAt !== '' && opens.at === undefined) faults['/on_sale_at'] = words.skipped(opens.time)
  }
  if (Object.keys(faults).length > 0) return { faults }
  return { request: { ...request, ...(opens.at && { on_sale_at: opens.at.toISOString() }) } }
}

/** A member that is left out while its field is empty. */
function optional<Name extends string>(name: Name, typed: string): { readonly [name in Name]?: string } {
  return typed.trim() === '' ? {} : ({ [name]: typed.trim() } as { [name in Name]: string })
}

/** When the event begins or the sale opens: the typed time of day, the instant that is meant, and what clocks at the venue make of it. */
export function timeOf(
  { tz, startsOn, startsAt, startsSecond, opensAt, opensSecond }: NewEventForm,
  what: 'starts' | 'opens',
): { time: string; at: Date | undefined; isSkipped: boolean; isShownTwice: boolean } {
  const [date = '', time = ''] = what === 'starts' ? [startsOn, startsAt] : opensAt.split('T')
  const isTyped = /^\d{4}-\d\d-\d\d$/.test(date) && /^\d\d:\d\d$/.test(time) && isKnownZone(tz)
  const instants = isTyped ? instantsOf({ date, time }, tz.trim()) : []
  const isSecond = what === 'starts' ? startsSecond : opensSecond
  return {
    time,
    at: instants.at(isSecond ? -1 : 0),
    isSkipped: isTyped && instants.length === 0,
    isShownTwice: instants.length > 1,
  }
}

function isKnownZone(tz: string): boolean {
  try {
    formatterOf(tz.trim())
    return true
  } catch {
    return false
  }
}

/** How many places were typed, and what they bring together at full price, in minor units. */
export function totalOf(form: NewEventForm): { places: number; minor: number } {
  const currency = currencyOf(form)
  const lines = [
    ...form.sections.map(({ rows, seatsPerRow, price }) => ({
      places: (wholeNumber(rows) ?? 0) * (wholeNumber(seatsPerRow) ?? 0),
      price,
    })),
    ...form.areas.map(({ capacity, price }) => ({ places: wholeNumber(capacity) ?? 0, price })),
  ]
  return {
    places: lines.reduce((sum, { places }) => sum + places, 0),
    minor: lines.reduce((sum, { places, price }) => sum + places * (typedPrice(price, currency) ?? 0), 0),
  }
}

export function currencyOf({ currency }: NewEventForm): string {
  return currency.trim().toUpperCase()
}

function wholeNumber(typed: string): number | null {
  return /^\d{1,9}$/.test(typed.trim()) ? Number(typed) : null
}

/** The price in minor units of the currency; null if malformed. */
function typedPrice(typed: string, currency: string): number | null {
  // Before one or two digits, a comma cannot separate thousands.
  const price = typed.trim().replace(/^(\d+),(\d{1,2})$/, '$1.$2')
  const decimals = price.split('.')[1] ?? ''
  // `toMinor` would round them.
  return decimals.length > minorDigits(currency) ? null : toMinor(price, currency)
}

function priceFault(currency: string): string {
  const digits = minorDigits(currency)
  return words.wrongPrice(digits === 0 ? '1500' : `12.${'5'.padEnd(digits, '0')}`, currency, digits)
}
