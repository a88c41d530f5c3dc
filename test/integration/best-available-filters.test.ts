import test from 'ava'
import type { Hold } from '#shared/contracts/holds.ts'
import type { Selection } from '#shared/contracts/places.ts'
import { newId } from '#shared/ids.ts'
import { SoldShares } from '../../workers/booking/sold-shares.ts'
import { byIndexOnly } from '../../workers/booking/store/rows.ts'
import { admit } from '../../workers/booking/taking/admit.ts'
import { findAndDecide } from '../../workers/booking/taking/find-places.ts'
import { explainLacks } from '../../workers/booking/taking/refuse.ts'
import { sharedBookingWorkers, type Wanted } from '../support/booking-workers.ts'
import { placeRequest } from '../support/place-request.ts'
import { assertRefused, refusalOf } from '../support/refusals.ts'
import { seatNosOf } from '../support/seat-numbers.ts'
import { seatsRead } from '../support/seats-read.ts'

type Wish = NonNullable<Exclude<Wanted, readonly number[]>['best_available']>

const workers = sharedBookingWorkers()

const best = (eventId: string, wish: Wish): Promise<Hold> => workers.hold(eventId, { best_available: wish })
const seatsFor = async (eventId: string, wish: Wish): Promise<number[]> => seatNosOf((await best(eventId, wish)).places)

/** Rows of four: Stalls 0 to 2 at Front, Front, Back; Balcony 3 and 4 at Back; row 4 is accessible. */
const openTheatre = (): Promise<string> =>
  workers.openHouse({
    rows: 5,
    seatsPerRow: 4,
    tiers: [
      { name: 'Front', steps: [] },
      { name: 'Back', steps: [] },
      { name: 'Unused', steps: [] },
    ],
    rowOf: (row) => ({
      section: row < 3 ? 'Stalls' : 'Balcony',
      tier: row < 2 ? 0 : 1,
      accessible: row === 4,
      priceMinor: row < 2 ? 9_000 : 4_000,
    }),
  })

test('the best seats of a tier or a section are those of that tier or section', async (t) => {
  const eventId = await openTheatre()
  t.deepEqual(await seatsFor(eventId, { qty: 2 }), [0, 1])
  t.deepEqual(await seatsFor(eventId, { qty: 2, tier: 'Back' }), [8, 9])
  t.deepEqual(await seatsFor(eventId, { qty: 2, section: 'Balcony' }), [12, 13])
  t.deepEqual(await seatsFor(eventId, { qty: 2, section: 'Stalls', tier: 'Back' }), [10, 11])
  for (const none of [{ section: 'Stalls', tier: 'Back' }, { section: 'Balcony', tier: 'Front' }, { tier: 'Unused' }]) {
    await assertRefused(t, best(eventId, { qty: 1, ...none }), 'not_enough_left')
  }
  const { places, total_minor } = await best(eventId, { qty: 2, tier: 'Front' })
  t.deepEqual(seatNosOf(places), [2, 3])
  t.is(total_minor, 18_000)
})

test('accessible seats go to those who ask for them, and to nobody else', async (t) => {
  const eventId = await openTheatre()
  t.deepEqual(await seatsFor(eventId, { qty: 2, accessible: true }), [16, 17])
  await assertRefused(t, best(eventId, { qty: 1, accessible: true, section: 'Stalls' }), 'not_enough_left')
  for (let row = 0; row < 4; row++) await seatsFor(eventId, { qty: 4 })
  await assertRefused(t, best(eventId, { qty: 1 }), 'not_enough_left')
  t.deepEqual(await seatsFor(eventId, { qty: 2, accessible: true }), [18, 19])
})

test('who wants more than are left hears how many there are, and whether others hold some that may come back', async (t) => {
  const eventId = await openTheatre()
  const told = async (wish: Wish) => {
    const { code, extra } = await refusalOf(best(eventId, wish))
    return [code, extra.left, extra.held_by_others]
  }
  await workers.buy(eventId, [0, 1, 2, 3, 4], 'ada')
  t.deepEqual(await told({ qty: 4, tier: 'Front' }), ['not_enough_left', 3, false])
  const hold = await workers.hold(eventId, [5, 6, 7], 'bob')
  t.deepEqual(await told({ qty: 1, tier: 'Front' }), ['not_enough_left', 0, true])
  await workers.letRunOut(hold)
  t.deepEqual(await told({ qty: 4, tier: 'Front' }), ['not_enough_left', 3, false])
  await workers.buy(eventId, [5, 6, 7], 'cyd')
  t.deepEqual(await told({ qty: 1, tier: 'Front' }), ['not_enough_left', 0, false])
})

test('an event is sold out when it has no place left, of any kind, and none is held', async (t) => {
  const eventId = await workers.openHouse({
    rows: 2,
    seatsPerRow: 2,
    areas: { Floor: { capacity: 2 } },
    rowOf: (row) => ({ accessible: row === 1 }),
  })
  const seat = { best_available: { qty: 1 } }
  const place = { areas: [{ area: 'Floor', qty: 1 }] }
  const assertEach = async (code: string, ...wanted: Wanted[]): Promise<void> => {
    for (const each of wanted) await assertRefused(t, workers.hold(eventId, each), code)
  }
  await workers.buy(eventId, [0, 1])
  await assertEach('not_enough_left', seat)
  await workers.buy(eventId, { areas: [{ area: 'Floor', qty: 2 }] })
  await assertEach('not_enough_left', seat)
  const hold = await workers.hold(eventId, [2, 3])
  await assertEach('not_enough_left', seat, place)
  await workers.confirm(await workers.beginPayment(hold))
  await assertEach('sold_out', seat, place, { best_available: { qty: 1, accessible: true } })
})

test('a tier or section that the event does not have is the mistake of the caller', async (t) => {
  const eventId = await openTheatre()
  const refusal = await assertRefused(t, best(eventId, { qty: 1, tier: 'Gold', section: 'Roof' }), 'validation_failed')
  t.like(refusal.extra, { errors: [{ pointer: '/best_available/tier' }, { pointer: '/best_available/section' }] })
})

test('who only prefers seats side by side gets the best ones apart when there are no others', async (t) => {
  const eventId = await workers.openHouse({ rows: 2, seatsPerRow: 4 })
  await workers.hold(eventId, [1, 2, 5, 7])
  await assertRefused(t, best(eventId, { qty: 3 }), 'no_adjacent_seats')
  t.deepEqual(await seatsFor(eventId, { qty: 3, adjacent: 'prefer' }), [0, 3, 4])
  await assertRefused(t, best(eventId, { qty: 2, adjacent: 'prefer' }), 'not_enough_left')
})

test('who prefers seats side by side gets them where there are such, though better ones stand apart', async (t) => {
  const eventId = await workers.openHouse({ rows: 2, seatsPerRow: 4 })
  await workers.hold(eventId, [1, 3])
  t.deepEqual(await seatsFor(eventId, { qty: 2, adjacent: 'prefer' }), [4, 5])
})

test('40 groups that only prefer to sit together fill scattered seats to the last, none twice', async (t) => {
  const eventId = await workers.openHouse({ rows: 12, seatsPerRow: 20, maxTicketsPerUser: 100 })
  // Every other seat of the house is gone.
  const gone = Array.from({ length: 120 }, (_, index) => index * 2)
  for (const from of [0, 60]) await workers.hold(eventId, gone.slice(from, from + 60))
  const groups = await Promise.all(Array.from({ length: 40 }, () => seatsFor(eventId, { qty: 3, adjacent: 'prefer' })))
  t.is(new Set(groups.flat()).size, 120)
  await assertRefused(t, best(eventId, { qty: 1, adjacent: 'prefer' }), 'not_enough_left')
})

/** Seats that are read to find places, and where there are too few to say why; nothing is held. */
async function seatsReadFor(eventId: string, selection: Selection): Promise<number> {
  const request = placeRequest({ eventId, userId: newId(), selection })
  const patience = { alone: false, forRows: false }
  return workers.postgres.transaction(
    async (db) => {
      const before = await seatsRead(db)
      const { admitted } = await admit(db, [request], { alone: false, shares: new SoldShares() })
      const { lacking } = await findAndDecide(db, admitted, patience)
      await explainLacks(db, lacking, patience)
      return (await seatsRead(db)) - before
    },
    { settings: byIndexOnly },
  )
}

test('a filter reads the seats that it admits, not the house', async (t) => {
  const eventId = await workers.openHouse({
    rows: 500,
    seatsPerRow: 30,
    tiers: [
      { name: 'House', steps: [] },
      { name: 'Last', steps: [] },
    ],
    rowOf: (row) => ({ section: row < 499 ? 'House' : 'Last', tier: row < 499 ? 0 : 1, accessible: row === 250 }),
    maxTicketsPerUser: 100,
  })
  for (let hold = 0; hold < 10; hold++) {
    const seatNos = Array.from({ length: 100 }, (_, index) => hold * 100 + index)
    await workers.hold(eventId, seatNos)
  }
  for (const [wish, most] of [
    [{ tier: 'Last' }, 150],
    // All of the tier, and 500 of the thousand that are held.
    [{ tier: 'Last', qty: 31 }, 600],
    [{ section: 'Last' }, 150],
    [{ accessible: true }, 150],
    [{ tier: 'Last', section: 'House' }, 600],
  ] as const) {
    const selection = { best_available: { qty: 2, adjacent: 'require' as const, ...wish } }
    const read = await seatsReadFor(eventId, selection)
    t.true(read <= most, `${JSON.stringify(wish)} read ${read} of 15,000 seats`)
  }
})
