import { metricOf } from './metrics.ts'
import { until } from './until.ts'

type Gateways = readonly { readonly url: string }[]

/** How often gateways decided about a limit without Redis: on a busy machine it may miss its deadline of 100 ms. */
export async function localDecisions({ gateways }: { gateways: Gateways }): Promise<number> {
  const counts = await Promise.all(gateways.map(({ url }) => metricOf(url, 'rate_limit_local_total')))
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Asks, with a new caller each time, until these gateways have decided about none of it alone. */
export const untilDecidedByRedis = (gateways: Gateways, ask: () => Promise<unknown>): Promise<void> =>
  until(
    'Redis decides in time',
    async () => {
      const before = await localDecisions({ gateways })
      await ask()
      return (await localDecisions({ gateways })) === before
    },
    { timeoutMs: 30_000 },
  )
