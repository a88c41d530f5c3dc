import test from 'ava'
import { minutesToAnnounce, secondsLeft } from '../../gateway/storefront/browser/hold-timer.ts'

test('a clock shows whole seconds until the very end', (t) => {
  t.is(secondsLeft(10_000, 0), 10)
  t.is(secondsLeft(10_000, 9_001), 1)
  t.is(secondsLeft(10_000, 10_000), 0)
  t.is(secondsLeft(10_000, 99_999), 0)
})

test('5, 2 and 1 minutes are announced once each, also when a sleeping tab skips seconds', (t) => {
  const said: number[] = []
  for (let before = 600; before > 0; before -= 1) {
    const minutes = minutesToAnnounce(before, before - 1)
    if (minutes !== null) said.push(minutes)
  }
  t.deepEqual(said, [5, 2, 1])
  t.is(minutesToAnnounce(400, 90), 2)
  t.is(minutesToAnnounce(400, 0), null)
  t.is(minutesToAnnounce(59, 58), null)
})
