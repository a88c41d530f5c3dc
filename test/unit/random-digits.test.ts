import test from 'ava'
import { randomDigits } from '#shared/observability/tracing.ts'

test('random digits have the requested length and differ', (t) => {
  const ids = Array.from({ length: 1_000 }, () => randomDigits(16))
  for (const id of ids) t.regex(id, /^[\da-f]{32}$/)
  t.is(new Set(ids).size, ids.length)
  t.regex(randomDigits(8), /^[\da-f]{16}$/)
})
