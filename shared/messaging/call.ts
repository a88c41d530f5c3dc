import { SpanKind } from '@opentelemetry/api'
import type { Contract, ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import { injectTraceContext, messagingAttributes, withSpan } from '#shared/observability/tracing.ts'
import type { Bus } from './bus.ts'
import { writeCaller } from './caller.ts'
import { type Headers, headerNames, type MessageContext, remainingMs } from './headers.ts'
import { decodeJson, encodeJson, throwIfError, timedOut } from './message.ts'

export interface RawReply {
  /** JSON in its public form: the gateway passes it on without parsing. */
  readonly body: Uint8Array
  readonly replayed: boolean
  /** The reply includes every write up to this `seq`. Set by operations that call `tellSeq`. */
  readonly seq?: string
}

/**
 * Calls an operation of a worker and returns its reply. Throws the worker's `TicketingError`, or `no_worker`, `worker_timeout`,
 * `unavailable`. Waits until the contract's or the context's deadline, whichever is sooner. A command that timed out may have succeeded:
 * repeat it only with its idempotency key.
 */
export async function call<C extends Contract>(
  bus: Bus,
  contract: C,
  request: RequestOf<C>,
  context: MessageContext,
): Promise<ReplyOf<C>> {
  const { body } = await callRaw(bus, contract, request, context)
  return decodeJson(body) as ReplyOf<C>
}

/** As `call`, without parsing the reply. */
export async function callRaw<C extends Contract>(
  bus: Bus,
  contract: C,
  request: RequestOf<C>,
  context: MessageContext,
): Promise<RawReply> {
  const { subject } = contract
  const payload = encodeJson(request)
  const attributes = messagingAttributes('send', subject)
  const send = (instance?: string): Promise<RawReply> =>
    withSpan(`send ${subject}`, { kind: SpanKind.CLIENT, attributes }, async () => {
      const done = bus.metrics?.sending(subject)
      try {
        const reply = await sendOnce(bus, contract, payload, context, instance)
        done?.()
        return reply
      } catch (error) {
        done?.(error)
        throw error
      }
    })
  return bus.retries === undefined ? send() : bus.retries.call(bus, contract, context, send)
}

async function sendOnce(
  bus: Bus,
  contract: Contract,
  payload: Uint8Array,
  context: MessageContext,
  instance: string | undefined,
): Promise<RawReply> {
  const budgetMs = Math.min(contract.deadlineMs, remainingMs(context))
  if (budgetMs <= 0) throw timedOut()
  const subject = instance === undefined ? contract.subject : `${contract.subject}.${instance}`
  const reply = await bus.request(subject, { payload, headers: requestHeaders(context, budgetMs) }, budgetMs)
  throwIfError(reply)
  const seq = reply.headers[headerNames.seq]
  return {
    body: reply.payload,
    replayed: reply.headers[headerNames.replayed] === 'true',
    ...(seq !== undefined && { seq }),
  }
}

function requestHeaders({ requestId, caller, idempotencyKey, queuePass }: MessageContext, budgetMs: number): Headers {
  const headers: Headers = {
    [headerNames.requestId]: requestId,
    [headerNames.caller]: writeCaller(caller),
    [headerNames.budgetMs]: String(budgetMs),
  }
  if (idempotencyKey !== undefined) headers[headerNames.idempotencyKey] = idempotencyKey
  if (queuePass !== undefined) headers[headerNames.queuePass] = queuePass
  injectTraceContext(headers)
  return headers
}
