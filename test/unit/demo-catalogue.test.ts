import test from 'ava'
import { seatCount } from '#shared/contracts/layout.ts'
import { demoEventId } from '#shared/ids.ts'
import { demoEvents, demoIdAt } from '../../infra/demo-catalogue/events.ts'

test('the event of a bare purchase is in an arena of some 15,000 seats, the others on sale in a theatre and a club', (t) => {
  t.is(demoIdAt(0), demoEventId)
  const seats = demoEvents.flatMap(({ venue }) => (venue.drawSeats ? [seatCount(venue.drawSeats(venue.name))] : []))
  t.deepEqual(seats, [14_580, 392, 392, 392, 392, 392, 130, 130])
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
  t.true(houses.some(({ rows }) => rows.some(({ companions }) => companions !== undefined)))
  t.true(demoEvents.some(({ priceSteps }) => priceSteps !== undefined))
})

test('every house of the demo shows its stage and where its standing places are, and no seat lies on another', (t) => {
  for (const { venue } of demoEvents) {
    if (venue.drawSeats === null) continue
    const { stage, areas, rows } = venue.drawSeats(venue.name)
    t.truthy(stage)
    t.true(areas.every(({ outline }) => outline !== undefined))
    const places = rows.flatMap(({ x, y }) => x.map((left, index) => `${left} ${y[index]}`))
    t.is(new Set(places).size, places.length)
  }
})
