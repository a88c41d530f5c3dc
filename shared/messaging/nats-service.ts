import type { Msg, NatsConnection, Service, ServiceMsg } from 'nats'
import type { Message } from './bus.ts'
import { messageOf, readHeaders } from './nats-messages.ts'

/* Answering requests as a service of NATS. */

export interface Endpoint {
  /** Letters, digits, `-`: shown by `$SRV.STATS`. */
  readonly name: string
  readonly subject: string
  /** Whether each instance can also be asked for itself, under `<subject>.<its id>`. */
  readonly direct?: boolean
  /** Answers one request. */
  handle(request: Message): Promise<Message>
}

export interface ServiceDescription {
  /** Also the queue group: start more instances and they share the work. */
  readonly name: string
  readonly instance: string
  readonly endpoints: readonly Endpoint[]
  /** The answer when an endpoint threw, its request could not be read or its reply is too large. Must not throw. */
  onFailure(endpoint: Endpoint, error: unknown): Message
}

export interface RunningService {
  /** Takes no further requests, waits until those in flight are answered (at most `timeoutMs`). */
  stop(timeoutMs: number): Promise<void>
}

const serviceVersion = '1.0.0'

/** Registers a service. `respond` sends a reply, or throws when it is too large. */
export async function startService(
  connection: NatsConnection,
  description: ServiceDescription,
  respond: (request: Msg, reply: Message) => void,
): Promise<RunningService> {
  const service = await connection.services.add({
    name: description.name,
    version: serviceVersion,
    queue: description.name,
    metadata: { instance: description.instance },
  })
  let inFlight = 0
  const answer = async (endpoint: Endpoint, request: Msg): Promise<void> => {
    inFlight += 1
    try {
      const { headers } = readHeaders(request)
      respond(request, await endpoint.handle({ payload: request.data, headers }))
    } catch (error) {
      // The client library drops the promise of a handler: what is thrown here would end the process.
      respond(request, description.onFailure(endpoint, error))
    } finally {
      inFlight -= 1
    }
  }
  const { id } = service.info()
  for (const endpoint of description.endpoints) {
    const handler = (error: unknown, request: ServiceMsg): void => {
      if (!error) void answer(endpoint, messageOf(request))
    }
    const { name, subject, direct } = endpoint
    service.addEndpoint(name, { subject, handler })
    if (direct) service.addEndpoint(`${name}-direct`, { subject: `${subject}.${id}`, handler })
  }
  // Until the server has the subscriptions, a request would find no responders.
  await connection.flush()
  if (service.isStopped) throw new Error(`may not serve ${description.name}`, { cause: await service.stopped })
  return {
    stop: (timeoutMs) => stopService(service, () => inFlight, timeoutMs),
  }
}

async function stopService(service: Service, inFlight: () => number, timeoutMs: number): Promise<void> {
  // `stop` drains the subscriptions, but does not wait for handlers that are still at work.
  await service.stop()
  const giveUpAt = performance.now() + timeoutMs
  while (inFlight() > 0 && performance.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 5))
}
