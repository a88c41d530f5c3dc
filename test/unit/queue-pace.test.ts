import test from 'ava'
import { Pace } from '../../gateway/waiting-room/pace.ts'

test('the pace of a queue counts from its first call, not from when buyers began to wait', (t) => {
  const pace = new Pace()
  for (let second = 0; second <= 50; second += 1) pace.note(0, second * 1_000)
  for (let second = 51; second <= 61; second += 1) pace.note((second - 50) * 5, second * 1_000)
  t.is(pace.perSecond(61_000), 5)
})

test('the pace of a queue is not known before it has moved for ten seconds', (t) => {
  const pace = new Pace()
  pace.note(0, 0)
  pace.note(30, 5_000)
  t.is(pace.perSecond(5_000), undefined)
})
