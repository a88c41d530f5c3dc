import type { Dependencies } from './dependencies.ts'

/** How long the answers of workers to "who is there?" are waited for, in milliseconds. */
const discoveryMs = 100

/** What the gateway can say of the parts behind it. */
export interface Checks {
  readonly nats: 'ok' | 'away'
  /** Away costs comfort only: the gateway stays ready. */
  readonly redis: 'ok' | 'away'
  /** Number of running instances by kind of worker. */
  readonly workers: Record<string, number>
}

/** Looks at the connections and counts the workers that answer. */
export async function checks({ bus, isRedisReady }: Pick<Dependencies, 'bus' | 'isRedisReady'>): Promise<Checks> {
  const workers: Record<string, number> = { event: 0, booking: 0, purchase: 0 }
  for (const { name } of await bus.discover(discoveryMs)) workers[name] = (workers[name] ?? 0) + 1
  return { nats: bus.connected ? 'ok' : 'away', redis: isRedisReady() ? 'ok' : 'away', workers }
}
