import test from 'ava'
import { parseTraceparent } from '#shared/observability/tracing.ts'

const [traceId, spanId] = ['c0ffee00c0ffee00c0ffee00c0ffee00', '00f067aa0ba902b7']

test('a traceparent is read, also of a later version with additions', (t) => {
  const parent = { traceId, spanId, isRemote: true }
  t.deepEqual(parseTraceparent(`00-${traceId}-${spanId}-01`), { ...parent, traceFlags: 1 })
  t.deepEqual(parseTraceparent(`00-${traceId}-${spanId}-00`), { ...parent, traceFlags: 0 })
  t.deepEqual(parseTraceparent(`cc-${traceId}-${spanId}-01-what-comes-later`), { ...parent, traceFlags: 1 })
})

for (const header of [
  undefined,
  '',
  'nonsense',
  `ff-${traceId}-${spanId}-01`,
  `00-${'0'.repeat(32)}-${spanId}-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  `00-${traceId.toUpperCase()}-${spanId}-01`,
  `00-${traceId}-${spanId}`,
  `00-${traceId}-${spanId}-1`,
  `00-${traceId}${spanId}-01`,
  `00-${traceId}-${spanId}-01x`,
  `00-${traceId}-${spanId}-01-what-comes-later`,
]) {
  test(`a new trace begins where traceparent is ${JSON.stringify(header)}`, (t) => {
    t.is(parseTraceparent(header), null)
  })
}
