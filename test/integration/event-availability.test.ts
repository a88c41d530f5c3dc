import test from 'ava'
import { listEvents, viewEvent } from '#shared/contracts/event.ts'
import { attachSeating, importEvents } from '#shared/contracts/organising.ts'
import { importedEvent, smallLayout } from '../support/catalogue.ts'
import { emptyEventWorker } from '../support/event-worker.ts'
import { until } from '../support/until.ts'

const worker = emptyEventWorker()

test.serial('lists and views say how many seats are free, and go on without when booking is away', async (t) => {
  const events = ['a', 'b', 'c', 'without seats'].map((name) => importedEvent(name, { name }))
  await worker.ask(importEvents, { source: 'test', events, reschedule: false })
  const { items } = await worker.ask(listEvents, {})
  for (const { id } of items.slice(0, 3)) {
    const seating = { layout: smallLayout({ rows: 10 }), price_minor: 5_000, currency: 'EUR' }
    await worker.ask(attachSeating, { event_id: id, ...seating, on_sale_at: '2026-01-01T00:00:00Z' })
  }
  const [first, second, third] = items.map(({ id }) => id)
  if (first === undefined || second === undefined || third === undefined) return t.fail()
  worker.stock.taken.set(second, 136)
  worker.stock.taken.set(third, 150)
  t.deepEqual(await availabilities(), ['plenty', 'few', 'sold_out', 'not_on_sale'])
  t.is((await worker.ask(viewEvent, { event_id: second })).availability, 'few')

  worker.stock.silent = true
  await until('what was known a moment ago is not shown any longer', async () => (await availabilities())[0] === null)
  const begin = performance.now()
  t.deepEqual(await availabilities(), [null, null, null, 'not_on_sale'])
  t.true(performance.now() - begin < listEvents.deadlineMs)

  await worker.stock.stop()
  t.deepEqual(await availabilities(), [null, null, null, 'not_on_sale'])
  t.is((await worker.ask(viewEvent, { event_id: second })).availability, null)
})

async function availabilities() {
  const { items } = await worker.ask(listEvents, {})
  return items.map(({ availability }) => availability)
}
