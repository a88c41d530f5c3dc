import type { WorkerName } from '#shared/contracts/contract.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { type Operation, serve } from '#shared/messaging/serve.ts'
import { createLogger } from '#shared/observability/log.ts'

/** Answers some operations of a worker as a test wants it. The answer ends it, once what it has begun is answered. */
export async function serveScripted(
  bus: Bus,
  worker: WorkerName,
  operations: readonly Operation[],
): Promise<() => Promise<void>> {
  const log = createLogger({ name: `scripted-${worker}`, instance: 'test', level: 'fatal' })
  const service = await serve(bus, { worker, instance: 'scripted', operations, maxInFlight: 100, log })
  return () => service.stop(1_000)
}
