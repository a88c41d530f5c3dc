import test from 'ava'
import { holdSeats } from '#shared/contracts/holds.ts'
import { viewSeatStates } from '#shared/contracts/seats.ts'
import { newId } from '#shared/ids.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { seatNosOf } from '../support/seat-numbers.ts'

const workers = sharedBookingWorkers()

const openHall = (): Promise<string> =>
  workers.openHouse({
    rows: 1,
    seatsPerRow: 4,
    standing: { Floor: { capacity: 10, priceMinor: 2_000 }, Lawn: { capacity: 10, priceMinor: 1_000 } },
  })

async function takenOf(eventId: string) {
  const { held, areas } = await workers.ask(viewSeatStates, { event_id: eventId })
  return [held, ...areas.map((area) => area.held)]
}

test('seats and places of several areas are held together, at the sum of their prices', async (t) => {
  const eventId = await openHall()
  const areas = [
    { area: 'Lawn', qty: 2 },
    { area: 'Floor', qty: 1 },
  ]
  const hold = await workers.ask(holdSeats, { event_id: eventId, best_available: { qty: 2 }, areas }, { as: 'ada' })
  t.deepEqual(seatNosOf(hold.places), [0, 1])
  t.deepEqual(hold.places.slice(2), [
    { area: 'Floor', qty: 1, price_minor: 2_000 },
    { area: 'Lawn', qty: 2, price_minor: 1_000 },
  ])
  t.is(hold.total_minor, 14_000)
  t.deepEqual(await takenOf(eventId), [2, 1, 2])
})

test('if any part of a mixed hold is unavailable, nothing is held', async (t) => {
  const eventId = await openHall()
  await workers.ask(holdSeats, { event_id: eventId, seat_nos: [3], areas: [{ area: 'Lawn', qty: 7 }] }, { as: 'bob' })
  const before = await takenOf(eventId)
  for (const [wish, code] of [
    [{ seat_nos: [0, 1], areas: [{ area: 'Lawn', qty: 4 }] }, 'not_enough_left'],
    [{ seat_nos: [3], areas: [{ area: 'Floor', qty: 1 }] }, 'seat_unavailable'],
    [{ best_available: { qty: 4 }, areas: [{ area: 'Floor', qty: 1 }] }, 'not_enough_left'],
    [
      {
        areas: [
          { area: 'Floor', qty: 1 },
          { area: 'Lawn', qty: 4 },
        ],
      },
      'not_enough_left',
    ],
    [{ seat_nos: [0], areas: [{ area: 'Cellar', qty: 1 }] }, 'validation_failed'],
    [{ seat_nos: [0, 4], areas: [{ area: 'Floor', qty: 1 }] }, 'validation_failed'],
  ] as const) {
    const refused = await workers.refusal(holdSeats, { event_id: eventId, ...structuredClone(wish) } as never, {
      as: 'ada',
    })
    t.is(refused.code, code)
  }
  t.deepEqual(await takenOf(eventId), before)
})

test('mixed holds in opposite order never wait for each other for ever', async (t) => {
  const eventId = await workers.openHouse({
    rows: 10,
    seatsPerRow: 10,
    standing: { Floor: { capacity: 200 }, Lawn: { capacity: 200 } },
  })
  const outcomes = await Promise.all(
    Array.from({ length: 24 }, (_, index) => {
      const areas = [
        { area: 'Floor', qty: 3 },
        { area: 'Lawn', qty: 2 },
      ]
      const request = {
        event_id: eventId,
        best_available: { qty: 1 + (index % 2) },
        areas: index % 2 === 0 ? areas : areas.toReversed(),
      }
      return workers.ask(holdSeats, request, { as: newId() }).then(
        () => 'held',
        ({ code }: { code: string }) => code,
      )
    }),
  )
  t.deepEqual(new Set(outcomes), new Set(['held']))
  t.deepEqual(await takenOf(eventId), [36, 72, 48])
})
