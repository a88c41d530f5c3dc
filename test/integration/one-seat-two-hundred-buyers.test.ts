import { cp, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import type { bookingWorker } from '../../workers/booking/booking-worker.ts'
import { type BookingWorkers, sharedBookingWorkers, startBookingWorkers } from '../support/booking-workers.ts'
import { outcomeOf } from '../support/refusals.ts'
import { createTestDirectory } from '../support/servers.ts'

const workers = sharedBookingWorkers()

const project = join(import.meta.dirname, '..', '..')

/** How often each outcome came when `buyers` want the same seat at once. */
async function race(workers: BookingWorkers, buyers: number): Promise<Record<string, number>> {
  const eventId = await workers.openHouse()
  const outcomes: Record<string, number> = {}
  const want = async (buyer: string): Promise<void> => {
    const outcome = await outcomeOf(workers.hold(eventId, [7], buyer), 'held')
    // On a busy machine the time of a buyer may be up before the seat is looked at; then nothing was done, and the buyer asks again.
    if (outcome === 'worker_timeout') return want(buyer)
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }
  await Promise.all(Array.from({ length: buyers }, (_, index) => want(`buyer-${index}`)))
  return outcomes
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
