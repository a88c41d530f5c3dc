import test from 'ava'
import fc from 'fast-check'
import { newId, parsePublicId, publicId } from '#shared/ids.ts'

test('a public id has 43 characters and names the event and the row', (t) => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), (eventId, ownId) => {
      const id = publicId({ eventId, ownId })
      const parsed = parsePublicId(id)
      return id.length === 43 && parsed?.eventId === eventId && parsed.ownId === ownId
    }),
  )
  t.pass()
})

test('a row has one public id: other spellings are refused', (t) => {
  const id = publicId({ eventId: newId(), ownId: newId() })
  for (const wrong of ['', id.slice(1), `${id}A`, `${id.slice(0, 42)}=`, `${'A'.repeat(42)}B`, id.replace(/.$/, '*')]) {
    t.is(parsePublicId(wrong), null, wrong)
  }
})

test('ids of rows sort by the millisecond they were made in', (t) => {
  const milliseconds = Array.from({ length: 2_000 }, () => newId().slice(0, 13))
  t.deepEqual(milliseconds.toSorted(), milliseconds)
  t.true(new Set(milliseconds).size > 1)
})
