import test from 'ava'
import { seatCount } from '#shared/contracts/layout.ts'
import { demoEventId } from '#shared/ids.ts'
import { demoEvents, demoIdAt } from '../../infra/demo-catalogue/events.ts'

test('the event of a bare purchase has 15,000 seats on sale, the other houses 300', (t) => {
  t.is(demoIdAt(0), demoEventId)
  const seats = demoEvents.flatMap(({ venue }) => (venue.drawSeats ? [seatCount(venue.drawSeats(venue.name))] : []))
  t.deepEqual(seats, [15_000, 300, 300, 300, 300, 300])
})

test('every event that is on sale has a price for each category and area of its house', (t) => {
  for (const { venue, prices } of demoEvents) {
    if (venue.drawSeats) {
      const { categories, areas } = venue.drawSeats(venue.name)
      t.deepEqual(Object.keys(prices).sort(), [...categories, ...areas.map(({ name }) => name)].sort())
    } else t.true(Array.isArray(prices))
  }
})

test('the demo has standing places, an accessible row and prices that rise', (t) => {
  const houses = demoEvents.flatMap(({ venue }) => (venue.drawSeats ? [venue.drawSeats(venue.name)] : []))
  t.true(houses.some(({ areas }) => areas.length > 0))
  t.true(houses.some(({ rows }) => rows.some(({ accessible }) => accessible)))
  t.true(demoEvents.some(({ priceSteps }) => priceSteps !== undefined))
})
