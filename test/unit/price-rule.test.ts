import test from 'ava'
import { presentPrice } from '../../workers/booking/price-rule.ts'
import { shardCapacities } from '../../workers/booking/standing/shard-capacities.ts'

const steps = [
  { sold_percent: 33, price_minor: 6_000 },
  { sold_percent: 50, price_minor: 7_000 },
]

test('a place costs its own price until the first step is reached, then what the last reached step says', (t) => {
  const priceWhen = (sold: number, seats: number) => presentPrice(5_000, { name: 'Stalls', steps, sold, seats })
  t.is(priceWhen(0, 100), 5_000)
  t.is(priceWhen(32, 100), 5_000)
  t.is(priceWhen(33, 100), 6_000)
  t.is(priceWhen(1, 3), 6_000)
  t.is(priceWhen(49, 100), 6_000)
  t.is(priceWhen(1, 2), 7_000)
  t.is(priceWhen(100, 100), 7_000)
})

test('a place of a tier without steps, without seats or of no tier costs its own price', (t) => {
  t.is(presentPrice(5_000, { name: 'Stalls', steps: [], sold: 9, seats: 10 }), 5_000)
  t.is(presentPrice(5_000, { name: 'Stalls', steps, sold: 0, seats: 0 }), 5_000)
  t.is(presentPrice(5_000, undefined), 5_000)
})

test('places of an area are spread evenly over up to eight shards of at least ten', (t) => {
  t.deepEqual(shardCapacities(1), [1])
  t.deepEqual(shardCapacities(19), [19])
  t.deepEqual(shardCapacities(35), [12, 12, 11])
  for (const capacity of [1, 9, 10, 79, 80, 300, 1_071, 1_000_000]) {
    const shards = shardCapacities(capacity)
    t.is(
      shards.reduce((sum, places) => sum + places, 0),
      capacity,
    )
    t.true(shards.length <= 8)
    t.true(shards.length === 1 || shards.every((places) => places >= 10))
  }
})
