import { type PrometheusServers, startPrometheusServers } from './prometheus.ts'
import { type Shoppers, startShoppers } from './shoppers.ts'
import { type System, startSystem } from './system.ts'

/** A whole system under way, with two gateways, and the four Prometheus processes that watch it. */
export interface ObservedSystem {
  readonly system: System
  readonly prometheus: PrometheusServers
  readonly shoppers: Shoppers
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
