import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import bunyan from 'bunyan'
import type { Postgres } from '#shared/database/postgres.ts'
import { consumeFacts, type FactConsumer, type ReceivedFact } from '#shared/facts/consume.ts'
import type { Fact } from '#shared/facts/fact.ts'
import { startOutboxRelay } from '#shared/facts/relay.ts'
import { newId } from '#shared/ids.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { createTestDatabase } from './database.ts'
import { openPostgres } from './open-postgres.ts'
import { startTestNats, type TestNats } from './servers.ts'
import { until } from './until.ts'

/** Real NATS and a migrated database, with what is needed to send facts from one to the other. */
export interface FactParts<Nats extends TestNats = TestNats> {
  readonly nats: Nats
  readonly postgres: Postgres
  readonly bus: Bus
  readonly databaseUrl: string
  /** What relays and consumers had to say, oldest first. */
  logged(): string[]
  /** One relay of the booking schema in this process, with its connections. */
  startRelay(): Promise<void>
  /** Consumes until the test ends; the facts it got, oldest first. */
  consume(options?: Partial<FactConsumer>): Promise<ReceivedFact[]>
  /** Facts of the booking schema that no relay has marked as published. */
  waiting(): Promise<number>
  /** Waits until all of them are marked as published. */
  untilNoneWait(): Promise<void>
  /** How many messages the stream has stored. */
  stored(): Promise<number>
}

/** Everything is taken away at the end of the test. */
export const startFactParts = async (t: ExecutionContext): Promise<FactParts> => factPartsOn(t, await startTestNats())

/** As `startFactParts`, on a NATS that this takes away as well. */
export async function factPartsOn<Nats extends TestNats>(t: ExecutionContext, nats: Nats): Promise<FactParts<Nats>> {
  const database = await createTestDatabase()
  t.teardown(() => Promise.all([nats.stop(), database.drop()]))
  const connect = async (natsUrl: string): Promise<{ postgres: Postgres; bus: Bus }> => {
    const postgres = openPostgres(database.url, { maxConnections: 4 })
    t.teardown(() => postgres.close())
    // On a busy machine a connection may take longer to open than the product waits for one.
    await until('the database answers', () => postgres.query('SELECT').then(Boolean, () => false))
    const bus = await Bus.connect({ url: natsUrl, name: 'facts', timeoutMs: 15_000 })
    t.teardown(() => bus.close())
    return { postgres, bus }
  }
  const logLines = new bunyan.RingBuffer({ limit: 100 })
  const log = bunyan.createLogger({ name: 'facts', streams: [{ type: 'raw', stream: logLines }] })
  const { postgres, bus } = await connect(nats.urls.operator)
  const waiting = async (): Promise<number> =>
    (await postgres.query('SELECT FROM booking.outbox WHERE published_at IS NULL')).length
  return {
    nats,
    postgres,
    bus,
    databaseUrl: database.url,
    logged: () => logLines.records.map(({ msg }) => msg),
    async startRelay() {
      t.teardown(
        startOutboxRelay({
          ...(await connect(nats.urls.booking)),
          schema: 'booking',
          metrics: new Metrics('facts'),
          log,
        }),
      )
    },
    async consume(options = {}) {
      const received: ReceivedFact[] = []
      const handle = async (fact: ReceivedFact): Promise<void> => void received.push(fact)
      const { bus } = await connect(nats.urls.operator)
      t.teardown(
        await consumeFacts(bus, { durable: 'watcher', subjects: ['ticketing.fact.>'], handle, log, ...options }),
      )
      return received
    },
    waiting,
    untilNoneWait: () => until('all facts are published', async () => (await waiting()) === 0, { timeoutMs: 45_000 }),
    async stored() {
      const message = { payload: new Uint8Array(), headers: {} }
      const reply = await bus.request('$JS.API.STREAM.INFO.TICKETING_FACTS', message, 15_000)
      return JSON.parse(Buffer.from(reply.payload).toString('utf8')).state.messages
    },
  }
}

/** From 0 on. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, no) => no)

/** A hold of some event that was released; `no` tells it from others. */
export const released = (no: number): Fact => ({ entity: 'hold', eventId: newId(), what: 'released', payload: { no } })

/** The `no` of each fact, lowest first. */
export const numbersOf = (facts: readonly ReceivedFact[]): number[] =>
  facts.map(({ payload }) => (payload as { no: number }).no).sort((a, b) => a - b)

/** A relay in another process, which can be killed. */
export async function forkRelay({ nats, databaseUrl }: FactParts): Promise<{ kill(): Promise<void> }> {
  const child = fork(join(import.meta.dirname, 'relay-process.ts'), [nats.urls.booking, databaseUrl], { execArgv: [] })
  await once(child, 'message')
  return {
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}
