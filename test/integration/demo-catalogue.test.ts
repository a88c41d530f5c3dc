import test from 'ava'
import { listEvents, viewEvent } from '#shared/contracts/event.ts'
import { viewSeatStates } from '#shared/contracts/seats.ts'
import { demoEventId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { demoEvents, demoIdAt } from '../../infra/ops/demo-catalogue/events.ts'
import { fillDemoCatalogue } from '../../infra/ops/demo-catalogue.ts'
import { askWorker } from '../support/asking.ts'
import { importedEvent } from '../support/catalogue.ts'
import { startEventWorker } from '../support/event-worker.ts'
import { busOf } from '../support/open-bus.ts'
import { sharedCatalogueSystem } from '../support/shared-systems.ts'

async function fill(bus: Bus, onSay: (line: string) => void = () => undefined): Promise<string[]> {
  const said: string[] = []
  const say = (line: string) => {
    said.push(line)
    onSay(line)
  }
  await fillDemoCatalogue({ bus, say, now: new Date() })
  return said
}

const system = sharedCatalogueSystem()

test.serial('an empty database is filled once, also when the first filling was broken off', async (t) => {
  const bus = await busOf(t, system.natsUrls.operator)
  const [last] = demoEvents.flatMap(({ venue }, index) => (venue.drawSeats ? [demoIdAt(index)] : [])).toReversed()

  const brokenOff = new Error('broken off')
  const breaking = fill(bus, (line) => {
    if (line.includes('on sale')) throw brokenOff
  })
  t.is(await t.throwsAsync(breaking), brokenOff)
  t.is((await askWorker(bus, viewEvent, { event_id: last ?? '' })).seat_count, 130)
  t.is((await askWorker(bus, viewEvent, { event_id: demoEventId })).seat_count, 0)

  await fill(bus)
  const { items } = await askWorker(bus, listEvents, { limit: 100 })
  t.is(items.length, 30)
  t.is(items.filter(({ availability }) => availability === 'plenty').length, 8)
  t.is((await askWorker(bus, viewSeatStates, { event_id: demoEventId })).available, 14_580)
  t.is((await askWorker(bus, viewEvent, { event_id: demoEventId })).sale.status, 'on_sale')

  t.deepEqual(await fill(bus), [])
})

test('a database with events of somebody else gets none of the demo', async (t) => {
  const worker = await startEventWorker()
  t.teardown(() => worker.stop())
  await worker.importEvents([importedEvent('1')])
  t.deepEqual(await fill(worker.bus), [])
  t.is((await worker.ask(listEvents, { status: 'any', limit: 100 })).items.length, 1)
})
