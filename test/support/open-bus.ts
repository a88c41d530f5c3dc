import type { ExecutionContext } from 'ava'
import { Bus } from '#shared/messaging/bus.ts'

type Options = Partial<Omit<Parameters<typeof Bus.connect>[0], 'url'>>

/** A connection of a test's own to NATS. */
export const openBus = (url: string, options: Options = {}): Promise<Bus> =>
  Bus.connect({ url, name: 'test', timeoutMs: 15_000, ...options })

/** The same, closed with the test. */
export async function busOf(t: ExecutionContext, url: string, options?: Options): Promise<Bus> {
  const bus = await openBus(url, options)
  t.teardown(() => bus.close())
  return bus
}
