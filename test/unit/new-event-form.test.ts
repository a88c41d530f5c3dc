import test from 'ava'
import { checkRequest } from '#shared/check-request.ts'
import { createEvent } from '#shared/contracts/organising.ts'
import type { TicketingError } from '#shared/errors.ts'
import {
  emptyForm,
  type NewEventForm,
  newArea,
  requestOf,
  timeOf,
  totalOf,
} from '../../gateway/storefront/views/desk/new-event-form.ts'

/* What an organiser types becomes the request that makes an event. */

const now = new Date('2027-01-01T12:00:00Z')
const stalls = { name: 'Stalls', rows: '5', seatsPerRow: '10', price: '12.50', accessible: false }
const form: NewEventForm = {
  ...emptyForm,
  ...{ name: 'Recital', venue: 'Kleiner Speicher', tz: 'Europe/Berlin', startsOn: '2027-03-05', sections: [stalls] },
}

function requestFor(change: Partial<NewEventForm>) {
  const converted = requestOf({ ...form, ...change }, now)
  if ('faults' in converted) throw new Error(JSON.stringify(converted.faults))
  return checkRequest(createEvent.request, converted.request)
}

function faultsOf(change: Partial<NewEventForm>) {
  const converted = requestOf({ ...form, ...change }, now)
  return 'faults' in converted ? converted.faults : {}
}

const priced = (price: string, currency: string) => ({ currency, sections: [{ ...stalls, price }] })
const minorOf = (price: string, currency: string) => requestFor(priced(price, currency)).sections[0]?.price_minor

test('a form becomes a request that the contract accepts', (t) => {
  const typed = {
    ...{ performers: ' Björk \r\n\n Jost Wieland', type: ' Music ', city: 'Berlin', country: 'de' },
    ...{ startsAt: '20:00', areas: [{ name: 'Floor', capacity: '300', price: '9' }], limit: '4' },
  }
  t.deepEqual(requestFor(typed), {
    ...{ name: 'Recital', type: 'Music', performers: ['Björk', 'Jost Wieland'], currency: 'EUR' },
    venue: { name: 'Kleiner Speicher', city: 'Berlin', country: 'DE', tz: 'Europe/Berlin' },
    ...{ starts_on: '2027-03-05', starts_at_local: '20:00', max_tickets_per_user: 4 },
    sections: [{ name: 'Stalls', rows: 5, seats_per_row: 10, price_minor: 1_250, accessible: false, price_steps: [] }],
    areas: [{ name: 'Floor', capacity: 300, price_minor: 900 }],
  })
})

test('what is left empty is left out: the kind, the time, and when the sale opens', (t) => {
  const request = requestFor({})
  t.is(request.type, 'Other')
  t.false('starts_at_local' in request || 'on_sale_at' in request || 'description' in request)
})

test('prices are sent in minor units of currencies with 2, 0 and 3 decimals', (t) => {
  t.is(minorOf('12.50', 'EUR'), 1_250)
  t.is(minorOf('12,5', 'eur'), 1_250)
  t.is(minorOf('1500', 'JPY'), 1_500)
  t.is(minorOf('12.345', 'KWD'), 12_345)
  t.is(minorOf('0', 'KWD'), 0)
})

test('a price with more decimals than its currency, or with thousands, is refused, never rounded', (t) => {
  const at = '/sections/0/price_minor'
  t.regex(faultsOf(priced('12.345', 'EUR'))[at] ?? '', /such as 12\.50: EUR has at most 2 decimals/)
  t.regex(faultsOf(priced('12.50', 'JPY'))[at] ?? '', /such as 1500: JPY has none/)
  for (const price of ['1,500', '1.500,00', '-5', 'free']) t.truthy(faultsOf(priced(price, 'EUR'))[at], price)
})

test('an event is not priced in a currency that does not exist', (t) => {
  const errors = [{ pointer: '/currency', detail: 'currency must be an ISO 4217 code in use, such as EUR.' }]
  t.like(
    t.throws<TicketingError>(() => minorOf('12', 'EUO')),
    { code: 'validation_failed', extra: { errors } },
  )
  t.is(minorOf('12', 'XCG'), 1_200)
})

test('the sale opens at the local time of the venue, in winter and in summer', (t) => {
  t.is(requestFor({ opensAt: '2027-01-15T10:00' }).on_sale_at, '2027-01-15T09:00:00.000Z')
  t.is(requestFor({ opensAt: '2027-06-15T10:00' }).on_sale_at, '2027-06-15T08:00:00.000Z')
})

test('a time that clocks skip is refused', (t) => {
  t.deepEqual(Object.keys(faultsOf({ opensAt: '2027-03-28T02:30' })), ['/on_sale_at'])
  t.deepEqual(Object.keys(faultsOf({ startsOn: '2027-03-28', startsAt: '02:30' })), ['/starts_at_local'])
})

test('of a time that clocks show twice, the organiser chooses', (t) => {
  const night = { startsOn: '2027-10-31', startsAt: '02:30', opensAt: '2027-10-31T02:30' }
  t.true(timeOf({ ...form, ...night }, 'starts').isShownTwice && timeOf({ ...form, ...night }, 'opens').isShownTwice)
  t.false(timeOf({ ...form, ...night, startsAt: '03:30' }, 'starts').isShownTwice)
  const [first, second] = [requestFor(night), requestFor({ ...night, startsSecond: true, opensSecond: true })]
  t.deepEqual([first.starts_at_local, first.on_sale_at], ['02:30+02:00', '2027-10-31T00:30:00.000Z'])
  t.deepEqual([second.starts_at_local, second.on_sale_at], ['02:30+01:00', '2027-10-31T01:30:00.000Z'])
})

test('every field that must be filled in, and every wrong number, is named at once', (t) => {
  const { tz } = emptyForm
  t.deepEqual(Object.keys(faultsOf({ ...emptyForm, tz, areas: [newArea], limit: 'eight' })).sort(), [
    ...['/areas/0/capacity', '/areas/0/name', '/areas/0/price_minor', '/max_tickets_per_user', '/name'],
    ...['name', 'price_minor', 'rows', 'seats_per_row'].map((field) => `/sections/0/${field}`),
    ...['/starts_on', '/venue/name', '/venue/tz'],
  ])
})

test('a zone that does not exist, and a day or a time that has passed at the venue, are refused', (t) => {
  t.deepEqual(Object.keys(faultsOf({ startsOn: '2027-01-01', startsAt: '13:00' })), ['/starts_at_local'])
  t.deepEqual(faultsOf({ startsOn: '2027-01-01', startsAt: '13:01' }), {})
  t.deepEqual(Object.keys(faultsOf({ tz: 'Berlin' })), ['/venue/tz'])
  t.deepEqual(Object.keys(faultsOf({ startsOn: '2026-12-31' })), ['/starts_on'])
  t.deepEqual(faultsOf({ startsOn: '2027-01-01' }), {})
})

test('places and what they bring are added up while only part is typed', (t) => {
  const half = { ...stalls, rows: '3', price: '' }
  const floor = { name: '', capacity: '300', price: '9' }
  t.deepEqual(totalOf({ ...form, sections: [stalls, half], areas: [floor, newArea] }), { places: 380, minor: 332_500 })
})
