import test from 'ava'
import { factSubject, parseFactSubject } from '#shared/facts/fact.ts'

const eventId = '0190a8c5-7d3e-7000-8000-0123456789ab'

test('the subject of a fact names entity, event and what happened', (t) => {
  const name = { entity: 'hold', eventId, what: 'swapped-away' } as const
  t.is(factSubject(name), `ticketing.fact.hold.${eventId}.swapped-away`)
  t.deepEqual(parseFactSubject(factSubject(name)), name)
})

test('text that would change the meaning of a subject is refused', (t) => {
  for (const bad of [
    '*',
    '>',
    '',
    'a b',
    `${eventId} reply`,
    `${eventId}.x`,
    `${eventId}\r\n`,
    eventId.toUpperCase(),
  ]) {
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
