import { deepStrictEqual } from 'node:assert/strict'
import type { Contract, ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import { newId } from '#shared/ids.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous, type Caller } from '#shared/messaging/caller.ts'
import { serve } from '#shared/messaging/serve.ts'
import { createLogger } from '#shared/observability/log.ts'
import { Postgres } from '#shared/postgres.ts'
import { eventWorker } from '../../workers/event/event-worker.ts'
import { createTestDatabase } from './database.ts'
import { type ScriptedStock, startScriptedStock } from './scripted-stock.ts'
import { startTestNats } from './servers.ts'

export const organiser: Caller = { role: 'organiser', id: 'test' }

/** All operations of the event worker in this process, over real NATS and Postgres, beside a scripted booking worker. */
export interface EventWorker {
  readonly postgres: Postgres
  /** The one since the last reset. */
  readonly stock: ScriptedStock
  /** Calls an operation and checks that its reply is what the contract says and nothing else. */
  ask<C extends Contract>(
    contract: C,
    request: RequestOf<C>,
    options?: { caller?: Caller; idempotencyKey?: string },
  ): Promise<ReplyOf<C>>
  /** Empties the catalogue and starts with new stock. */
  reset(): Promise<void>
  stop(): Promise<void>
}

const emptyCatalogue = `TRUNCATE event.events, event.venues, event.performers, event.event_performers, event.price_tiers,
  event.layouts, event.commands`

export async function startEventWorker(): Promise<EventWorker> {
  const [nats, database] = await Promise.all([startTestNats(), createTestDatabase()])
  const postgres = new Postgres({
    url: database.url,
    applicationName: 'event-test',
    maxConnections: 5,
    onIdleError: () => undefined,
  })
  const bus = await Bus.connect({ url: nats.url, name: 'event-test', timeoutMs: 5_000 })
  const log = createLogger({ name: 'event', instance: 'test', level: 'error' })
  const operations = eventWorker.operations({ bus, postgres })
  const service = await serve(bus, { worker: 'event', instance: 'test', operations, maxInFlight: 100, log })
  let stock = await startScriptedStock(bus)
  return {
    postgres,
    get stock() {
      return stock
    },
    async ask(contract, request, { caller = anonymous, idempotencyKey } = {}) {
      const reply = await call(bus, contract, request, {
        requestId: newId(),
        caller,
        deadlineAt: performance.now() + contract.deadlineMs,
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      })
      deepStrictEqual(reply, contract.reply.parse(reply))
      return reply
    },
    async reset() {
      await stock.stop()
      await postgres.query(emptyCatalogue)
      stock = await startScriptedStock(bus)
    },
    async stop() {
      await Promise.all([service.stop(1_000), stock.stop()])
      await bus.close()
      await postgres.close()
      await Promise.all([nats.stop(), database.drop()])
    },
  }
}
