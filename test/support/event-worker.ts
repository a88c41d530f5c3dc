import test from 'ava'
import type { Contract, ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import { viewEvent } from '#shared/contracts/event.ts'
import { type CatalogueEvent, changeEventStatus, createEvent, importEvents } from '#shared/contracts/organising.ts'
import type { Postgres } from '#shared/database/postgres.ts'
import { Bus } from '#shared/messaging/bus.ts'
import type { Caller } from '#shared/messaging/caller.ts'
import { serve } from '#shared/messaging/serve.ts'
import { createLogger } from '#shared/observability/log.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import type { Close } from '#shared/process/lifecycle.ts'
import type { NatsUrls } from '../../infra/system/servers/nats-users.ts'
import { eventWorker } from '../../workers/event/event-worker.ts'
import { type AskingOptions, askWorker } from './asking.ts'
import { createTestDatabase } from './database.ts'
import { forFile, forProcess } from './for-file.ts'
import { openPostgres } from './open-postgres.ts'
import { type ScriptedStock, startScriptedStock } from './scripted-stock.ts'
import { startTestNats } from './servers.ts'
import { untilServed } from './until-served.ts'

export const organiser: Caller = { role: 'organiser', id: 'test' }

type EventView = ReplyOf<typeof viewEvent>
type Action = RequestOf<typeof changeEventStatus>['action']

interface ImportOptions {
  readonly source?: string
  readonly reschedule?: boolean
}

/** All operations of the event worker in this process, over real NATS and Postgres, beside a scripted booking worker. */
export interface EventWorker {
  readonly natsUrls: NatsUrls
  /** The operator's. */
  readonly bus: Bus
  readonly postgres: Postgres
  /** The one since the last reset. */
  readonly stock: ScriptedStock
  ask<C extends Contract>(contract: C, request: RequestOf<C>, options?: AskingOptions): Promise<ReplyOf<C>>
  /** Imports events from the source `test`, unless another is named. */
  importEvents(events: readonly CatalogueEvent[], options?: ImportOptions): Promise<ReplyOf<typeof importEvents>>
  /** As an organiser. */
  create(request: RequestOf<typeof createEvent>, idempotencyKey?: string): Promise<EventView>
  /** As an organiser: publishes, pauses, resumes or cancels an event. */
  change(eventId: string, action: Action, idempotencyKey?: string): Promise<EventView>
  view(eventId: string): Promise<EventView>
  /** Empties the catalogue and starts with new stock. */
  reset(): Promise<void>
  stop(): Promise<void>
}

const emptyCatalogue = `TRUNCATE event.draw_pages, event.draws, event.waiting_rooms, event.events, event.venues, event.performers, event.event_performers, event.price_tiers,
  event.layouts, event.sales_to_tell, event.commands, event.outbox, event.words`

export async function startEventWorker(): Promise<EventWorker> {
  const [nats, database] = await Promise.all([startTestNats(), createTestDatabase()])
  const postgres = openPostgres(database.url, { maxConnections: 5 })
  const connect = (url: string): Promise<Bus> => Bus.connect({ url, name: 'event-test', timeoutMs: 15_000 })
  const [bus, own] = await Promise.all([connect(nats.urls.operator), connect(nats.urls.event)])
  const log = createLogger({ name: 'event', instance: 'test', level: 'error' })
  const config = eventWorker.settings.parse({
    INSTANCE: 'event-test',
    NATS_URL: nats.urls.event,
    DATABASE_URL: database.url,
  })
  const closers: Close[] = []
  const parts = { bus: own, postgres, metrics: new Metrics('event-test'), log }
  const operations = eventWorker.operations(parts, config, (_name, close) => closers.push(close))
  const service = await serve(own, { worker: 'event', instance: 'test', operations, maxInFlight: 100, log })
  let stock = await startScriptedStock(nats.urls)
  for (const worker of ['event', 'booking']) await untilServed(bus, worker)
  const ask: EventWorker['ask'] = (contract, request, options) => askWorker(bus, contract, request, options)
  const asOrganiser = (idempotencyKey?: string): AskingOptions => ({
    caller: organiser,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  })
  return {
    natsUrls: nats.urls,
    bus,
    postgres,
    get stock() {
      return stock
    },
    ask,
    importEvents: (events, { source = 'test', reschedule = false } = {}) =>
      ask(importEvents, { source, events: [...events], reschedule }),
    create: (request, key) => ask(createEvent, request, asOrganiser(key)),
    change: (event_id, action, key) => ask(changeEventStatus, { event_id, action }, asOrganiser(key)),
    view: (event_id) => ask(viewEvent, { event_id }),
    async reset() {
      await stock.stop()
      await postgres.query(emptyCatalogue)
      stock = await startScriptedStock(nats.urls)
      await untilServed(bus, 'booking')
    },
    async stop() {
      await Promise.all([service.stop(1_000), stock.stop(), ...closers.map((close) => close())])
      await Promise.all([bus.close(), own.close()])
      await postgres.close()
      await Promise.all([nats.stop(), database.drop()])
    },
  }
}

/** One for all files of a process, whose tests are serial: each finds an empty catalogue. */
export const emptyEventWorker = forProcess(() => {
  const worker = forFile(startEventWorker)
  test.beforeEach(() => worker.reset())
  return worker
})
