import test from 'ava'
import { type CatalogueEvent, importEvents } from '#shared/contracts/organising.ts'
import { TicketingError } from '#shared/errors.ts'
import { operation } from '#shared/messaging/serve.ts'
import type { Catalogue } from '../../infra/ops/import/formats/catalogue.ts'
import { importCatalogue } from '../../infra/ops/import/import-catalogue.ts'
import { importedEvent } from '../support/catalogue.ts'
import { forFile } from '../support/for-file.ts'
import { openBus } from '../support/open-bus.ts'
import { serveScripted } from '../support/scripted-worker.ts'
import { startTestNats } from '../support/servers.ts'

/** An event worker that notes what it gets, refuses events named `wrong`, and is away once one is named `away`. */
const batches: CatalogueEvent[][] = []
const nats = forFile(() => startTestNats())
const bus = forFile(() => openBus(nats.url))
forFile(async () => {
  const answer = operation(importEvents, async ({ events }) => {
    if (events.some(({ name }) => name === 'away')) throw new TicketingError('unavailable', 'The database is away.')
    if (events.some(({ name }) => name === 'wrong')) {
      const errors = [{ pointer: '/events', detail: 'as scripted' }]
      throw new TicketingError('validation_failed', 'The request is not valid.', { extra: { errors } })
    }
    batches.push(events)
    return { stored: events.length, changed: 0, unchanged: 0 }
  })
  return { stop: await serveScripted(nats.urls, 'event', [answer]) }
})
test.beforeEach(() => {
  batches.length = 0
})

function importing(events: readonly CatalogueEvent[], stopping = new AbortController().signal) {
  const records = events.map((event) => ({ sourceId: event.source_id, event }))
  const catalogue: Catalogue = { kind: 'catalogue', source: 'test', records, quirks: new Map() }
  return importCatalogue(bus, catalogue, { reschedule: false, stopping, onProgress: () => undefined })
}

const events = (count: number, change: (index: number) => Partial<CatalogueEvent> = () => ({})): CatalogueEvent[] =>
  Array.from({ length: count }, (_, index) => importedEvent(String(index), change(index)))

test.serial('a message carries at most 200 events', async (t) => {
  t.is((await importing(events(450))).stored, 450)
  t.is(batches.map((batch) => batch.length).join(' '), '200 200 50')
})

test.serial('a message has at most 256 KB', async (t) => {
  t.is((await importing(events(40, () => ({ description: 'ż'.repeat(20_000) })))).stored, 40)
  t.true(batches.length > 1)
  t.true(batches.every((batch) => Buffer.byteLength(JSON.stringify(batch)) <= 256 * 1024))
})

test.serial('an event that the worker refuses is named alone, and all others are stored', async (t) => {
  const outcome = await importing(events(100, (index) => (index === 37 ? { name: 'wrong' } : {})))
  t.is(outcome.stored, 99)
  t.deepEqual(outcome.refusals, [{ sourceId: '37', reason: 'The request is not valid. as scripted' }])
})

test.serial('of records with one source id the last one is stored, and the others are counted', async (t) => {
  const outcome = await importing([...events(2), importedEvent('1', { name: 'Newer' })])
  t.deepEqual([outcome.read, outcome.stored, outcome.repeated], [3, 2, 1])
  const imported = batches.flat().map(({ name }) => name)
  t.is(imported.join(', '), 'Event 0, Newer')
})

test.serial('a worker that is away, or an interruption, ends the file with how far it came', async (t) => {
  const away = importing(events(300, (index) => (index === 250 ? { name: 'away' } : {})))
  await t.throwsAsync(away, { message: 'stopped after 200 of 300 events: The database is away.' })
  await t.throwsAsync(importing(events(3), AbortSignal.abort()), { message: 'stopped after 0 of 3 events' })
})
