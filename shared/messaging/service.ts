import { setTimeout as pause } from 'node:timers/promises'
import type { NatsConnection, ServiceMsg } from 'nats'
import { natsHeaders, readHeaders } from './headers.ts'
import type { Message } from './message.ts'

interface Endpoint {
  /** Letters, digits, `-`: shown by `$SRV.STATS`. */
  readonly name: string
  readonly subject: string
  /** Whether each instance also answers requests to itself, under `<subject>.<its id>`. */
  readonly direct?: boolean
  handle(request: Message): Promise<Message>
}

export interface ServiceDescription {
  /** Also the queue group: all instances share the work. */
  readonly name: string
  readonly instance: string
  readonly endpoints: readonly Endpoint[]
  /** The reply if an endpoint threw or its reply could not be sent. Must not throw. */
  onFailure(endpoint: Endpoint, error: unknown): Message
}

export interface RunningService {
  /** Takes no further requests and waits at most `timeoutMs` for those in flight. */
  stop(timeoutMs: number): Promise<void>
}

/** Registers a NATS service. Resolves when requests can arrive; throws if NATS does not permit one of the subjects. */
export async function startService(
  connection: NatsConnection,
  { name, instance, endpoints, onFailure }: ServiceDescription,
): Promise<RunningService> {
  const service = await connection.services.add({ name, version: '1.0.0', queue: name, metadata: { instance } })
  const inFlight = new Set<Promise<void>>()
  // The client ignores a handler's promise: a rejection would end the process.
  const answer = async (endpoint: Endpoint, request: ServiceMsg): Promise<void> => {
    const respond = ({ payload, headers }: Message) => request.respond(payload, natsHeaders(headers))
    try {
      respond(await endpoint.handle({ payload: request.data, headers: readHeaders(request.headers) }))
    } catch (error) {
      respond(onFailure(endpoint, error))
    }
  }
  const { id } = service.info()
  for (const endpoint of endpoints) {
    const { subject } = endpoint
    const handler = (error: unknown, request: ServiceMsg): void => {
      if (error) return
      const answered = answer(endpoint, request).finally(() => inFlight.delete(answered))
      inFlight.add(answered)
    }
    service.addEndpoint(endpoint.name, { subject, handler })
    if (endpoint.direct) service.addEndpoint(`${endpoint.name}-direct`, { subject: `${subject}.${id}`, handler })
  }
  // Until the server has the subscriptions, a request would find no responders.
  await connection.flush()
  if (service.isStopped) throw new Error(`may not serve ${name}`, { cause: await service.stopped })
  return {
    async stop(timeoutMs) {
      // Drains the subscriptions but does not wait for handlers.
      await service.stop()
      await Promise.race([Promise.all(inFlight), pause(timeoutMs, undefined, { ref: false })])
    },
  }
}
