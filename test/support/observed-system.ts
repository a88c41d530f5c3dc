import { randomUUID } from 'node:crypto'
import { type Answer, ask, eventOnSale } from './http.ts'
import { type PrometheusServers, startPrometheusServers } from './prometheus.ts'
import { SeatStreamClient } from './seat-stream-client.ts'
import { organiserKey, type System, startSystem } from './system.ts'

/** A whole system under way, with two gateways, and the four Prometheus processes that watch it. */
export interface ObservedSystem {
  readonly system: System
  readonly prometheus: PrometheusServers
  readonly shoppers: { stop(): Promise<void> }
  stop(): Promise<void>
}

export async function startObservedSystem(): Promise<ObservedSystem> {
  const system = await startSystem({
    counts: { gateway: 2 },
    env: {
      // Shoppers reach one limit, and no other.
      RATE_LIMIT_MAXIMA: 'my-bookings=10,sell=100000,my-things=100000,search=100000,organise=100000',
      // Every request is recorded, so that there are exemplars; its spans go nowhere, as port 9 discards.
      OTEL_SDK_DISABLED: 'false',
      OTEL_TRACES_SAMPLER_ARG: '1',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    },
  })
  const closers: (() => Promise<void>)[] = [() => system.stop()]
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close()
  }
  try {
    await system.start('audit', { AUDIT_EVERY_MS: '1000' })
    const prometheus = await startPrometheusServers(system)
    closers.push(() => prometheus.stop())
    const shoppers = await startShoppers(system)
    closers.push(() => shoppers.stop())
    return { system, prometheus, shoppers, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Buyers at all gateways: they browse, ask too often, watch seats, hold, lose seats, buy, are declined and get money back. */
async function startShoppers(system: System): Promise<{ stop(): Promise<void> }> {
  const gateways = system.gateways.map(({ url }) => url)
  const eventId = await eventOnSale(system.url, { rows: 40, seatsPerRow: 50 })
  const watcher = await new SeatStreamClient().connect(`${system.url}/events/${eventId}/seats/stream`)
  const stopping = new AbortController()
  const shopping = gateways.map(async (url) => {
    while (!stopping.signal.aborted) await shopOnce(url, eventId)
  })
  return {
    async stop() {
      stopping.abort()
      watcher.cut()
      await Promise.all(shopping)
    },
  }
}

/** What a busy machine is too slow for is left out this time. */
async function shopOnce(url: string, eventId: string): Promise<void> {
  await ask(`${url}/events`)
  await ask(`${url}/events/${eventId}`)
  await ask(`${url}/events/search?keyword=test`)
  await ask(`${url}/bookings?user_id=impatient`)
  await buy(url, eventId, 'tok_declined')
  const bought = await buy(url, eventId, 'tok_ok')
  if (bought.status !== 201) return
  const { id, places } = bought.body
  await ask(`${url}/events/${eventId}/holds`, { json: { user_id: randomUUID(), seat_nos: [places[0].seat_no] } })
  await ask(`${url}/admin/bookings/${id}/refund`, {
    headers: { authorization: `Bearer ${organiserKey}`, 'idempotency-key': randomUUID() },
    json: {},
  })
}

const buy = (url: string, eventId: string, payment_token: string): Promise<Answer> =>
  ask(`${url}/purchase`, {
    headers: { 'idempotency-key': randomUUID() },
    json: { user_id: randomUUID(), event_id: eventId, best_available: { qty: 2 }, payment_token },
  })
