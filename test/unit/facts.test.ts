import test from 'ava'
import fc from 'fast-check'
import { factSubject, parseFactSubject } from '#shared/facts/fact.ts'
import { newId, parsePublicId, publicId } from '#shared/ids.ts'
import { always } from '../support/always.ts'

const eventId = '0190a8c5-7d3e-7000-8000-0123456789ab'

test('the subject of a fact names entity, event and what happened', (t) => {
  const name = { entity: 'hold', eventId, what: 'swapped-away' } as const
  t.is(factSubject(name), `ticketing.fact.hold.${eventId}.swapped-away`)
  t.deepEqual(parseFactSubject(factSubject(name)), name)
})

test('text that would change the meaning of a subject is refused', (t) => {
  const strange = [`${eventId} reply`, `${eventId}.x`, `${eventId}\r\n`, eventId.toUpperCase()]
  for (const bad of ['*', '>', '', 'a b', ...strange]) {
    t.throws(() => factSubject({ entity: 'seat', eventId: bad, what: 'sold' }), { instanceOf: RangeError }, bad)
  }
  for (const bad of ['', 'sold.twice', 'sold ', 'Sold', '>', '*', 'sold\n', 'x'.repeat(61)]) {
    t.throws(() => factSubject({ entity: 'seat', eventId, what: bad }), { instanceOf: RangeError }, bad)
  }
})

test('a subject of another kind is not a fact', (t) => {
  for (const bad of ['ticketing.v1.booking.hold-seats', `ticketing.fact.user.${eventId}.seen`, 'ticketing.fact.seat']) {
    t.throws(() => parseFactSubject(bad), { instanceOf: RangeError }, bad)
  }
})

test('a public id has 43 characters and names the event and the row', (t) => {
  always(t, { of: [fc.uuid(), fc.uuid()] }, (eventId, ownId) => {
    const id = publicId({ eventId, ownId })
    const parsed = parsePublicId(id)
    return id.length === 43 && parsed?.eventId === eventId && parsed.ownId === ownId
  })
})

test('a row has one public id: other spellings are refused', (t) => {
  const id = publicId({ eventId: newId(), ownId: newId() })
  for (const wrong of ['', id.slice(1), `${id}A`, `${id.slice(0, 42)}=`, `${'A'.repeat(42)}B`, id.replace(/.$/, '*')]) {
    t.is(parsePublicId(wrong), null, wrong)
  }
})

test('ids of rows sort by the millisecond they were made in', (t) => {
  const milliseconds: string[] = []
  while (new Set(milliseconds).size < 3) milliseconds.push(newId().slice(0, 13))
  t.deepEqual(milliseconds.toSorted(), milliseconds)
})
