import type { Bus } from '#shared/messaging/bus.ts'
import { until } from './until.ts'

/** In a cluster, what is served at one node becomes known at the others a moment later. */
export async function untilServed(bus: Bus, worker: string): Promise<void> {
  if (!bus.isClustered) return
  await until(`${worker} is known`, async () => (await bus.discover(100)).some(({ name }) => name === worker))
}
