import type { Bus } from '#shared/messaging/bus.ts'

const answerWithinMs = 2_000

/** How many requests the one event worker has answered so far, by the statistics of its NATS service. */
export async function eventWorkerCalls(bus: Bus): Promise<number> {
  for await (const { endpoints } of await bus.services(answerWithinMs).stats('event')) {
    return (endpoints ?? []).reduce((sum, { num_requests }) => sum + num_requests, 0)
  }
  throw new Error('the event worker did not answer with its statistics')
}
