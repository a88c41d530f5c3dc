import { cp, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { holdSeats } from '#shared/contracts/holds.ts'
import type { TicketingError } from '#shared/errors.ts'
import type { bookingWorker } from '../../workers/booking/booking-worker.ts'
import { type BookingWorkers, sharedBookingWorkers, startBookingWorkers } from '../support/booking-workers.ts'
import { createTestDirectory } from '../support/servers.ts'

const workers = sharedBookingWorkers()

const project = join(import.meta.dirname, '..', '..')

/** How often each outcome came when `buyers` want the same seat at once. */
async function race({ openHouse, hold }: BookingWorkers, buyers: number): Promise<Record<string, number>> {
  const eventId = await openHouse()
  // On a busy machine the time of a buyer may be up before the seat is looked at; then nothing was done, and the buyer asks again.
  const outcomeOf = (buyer: string): Promise<string> =>
    hold(eventId, [7], buyer).then(
      () => 'held',
      ({ code }: TicketingError) => (code === 'worker_timeout' ? outcomeOf(buyer) : code),
    )
  const outcomes = await Promise.all(Array.from({ length: buyers }, (_, index) => outcomeOf(`buyer-${index}`)))
  return Object.fromEntries(
    Object.entries(Object.groupBy(outcomes, (outcome) => outcome)).map(([outcome, all]) => [outcome, all?.length ?? 0]),
  )
}

test('of 200 buyers who want one seat over two workers, one gets it and 199 hear that it is gone', async (t) => {
  t.deepEqual(await race(workers, 200), { held: 1, seat_unavailable: 199 })
})

test('positive control: without the condition on the seat, the same race has more than one winner', async (t) => {
  const careless = await startBookingWorkers({ instances: 2, worker: await workerWithoutCondition() })
  t.teardown(() => careless.stop())
  const { held = 0 } = await race(careless, 50)
  t.true(held > 1, `${held} winners`)
})

test('a buyer whose seat stays undecided with somebody else is not kept waiting for ever', async (t) => {
  const eventId = await workers.openHouse()
  await workers.postgres.transaction(async (db) => {
    await db.query('SELECT FROM booking.event_seats WHERE event_id = $1 AND seat_no = 7 FOR UPDATE', [eventId])
    const refusal = await workers.refusal(holdSeats, { event_id: eventId, seat_nos: [6, 7] }, { as: 'waiting' })
    t.is(refusal.code, 'seat_unavailable')
  })
  t.is((await workers.hold(eventId, [6, 7], 'waiting')).status, 'active')
})

/** The worker from a copy of its files in which every seat counts as free. */
async function workerWithoutCondition(): Promise<typeof bookingWorker> {
  const directory = await createTestDirectory('without-condition')
  await cp(join(project, 'workers/booking'), join(directory, 'workers/booking'), { recursive: true })
  for (const name of ['package.json', 'shared', 'node_modules'])
    await symlink(join(project, name), join(directory, name))
  const file = join(directory, 'workers/booking/store/conditions.ts')
  const source = await readFile(file, 'utf8')
  // It stands there twice: for any seat, and for the seats of a hold that is exchanged.
  const always = "CASE 'available' WHEN 'available'"
  const changed = source.replaceAll("CASE state WHEN 'available'", always)
  if (changed.split(always).length !== 3) throw new Error('the condition was not found')
  await writeFile(file, changed)
  const copy: { bookingWorker: typeof bookingWorker } = await import(
    join(directory, 'workers/booking/booking-worker.ts')
  )
  return copy.bookingWorker
}
