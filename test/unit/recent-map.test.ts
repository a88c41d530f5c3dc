import test from 'ava'
import { RecentMap } from '../../gateway/recent-map.ts'

test('the entries used last are kept, and of the others no more than as many', (t) => {
  const map = new RecentMap<number>({ size: 100 })
  for (let i = 0; i < 1_000; i++) {
    map.set(`${i}`, i)
    t.is(map.get('0'), 0)
  }
  // From the latest on, because to ask for one keeps it.
  const kept = Array.from({ length: 1_000 }, (_, i) => 999 - i).filter((i) => map.get(`${i}`) === i)
  t.true(kept.length <= 200, `${kept.length}`)
  for (let i = 901; i < 1_000; i++) t.true(kept.includes(i), `${i}`)
})
