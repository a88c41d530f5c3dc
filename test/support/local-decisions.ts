import { ask } from './http.ts'
import type { System } from './system.ts'

/** How often gateways decided about a limit without Redis: on a busy machine it may miss its deadline of 100 ms. */
export async function localDecisions({ gateways }: Pick<System, 'gateways'>): Promise<number> {
  const metrics = await Promise.all(gateways.map(({ url }) => ask(`${url}/metrics`)))
  const counts = metrics.map(({ text }) => Number(/rate_limit_local_total\{[^}]*\} (\d+)/.exec(text)?.[1]))
  return counts.reduce((sum, count) => sum + count, 0)
}
