import type { WorkerName } from '#shared/contracts/contract.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { type Operation, serve } from '#shared/messaging/serve.ts'
import { createLogger } from '#shared/observability/log.ts'
import type { NatsUser } from '#shared/process/config.ts'
import type { NatsUrls } from '../../infra/system/servers/nats-users.ts'

/** Answers some operations of a worker as a test wants it. The answer ends it, once what it has begun is answered. */
export async function serveScripted(
  natsUrls: NatsUrls,
  worker: WorkerName & NatsUser,
  operations: readonly Operation[],
): Promise<() => Promise<void>> {
  const bus = await Bus.connect({ url: natsUrls[worker], name: `scripted-${worker}`, timeoutMs: 15_000 })
  const log = createLogger({ name: `scripted-${worker}`, instance: 'test', level: 'fatal' })
  const service = await serve(bus, { worker, instance: 'scripted', operations, maxInFlight: 100, log })
  return async () => {
    await service.stop(1_000)
    await bus.close()
  }
}
