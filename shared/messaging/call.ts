import { SpanKind } from '@opentelemetry/api'
import type { Contract, ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import { isErrorCode, TicketingError } from '#shared/errors.ts'
import { injectTraceContext, withSpan } from '#shared/observability/tracing.ts'
import type { Bus, Headers, Message } from './bus.ts'
import { writeCaller } from './caller.ts'
import { headerNames, type MessageContext, remainingMs } from './headers.ts'
import { decodeJson, encodeJson } from './json-bytes.ts'
import { tookTooLong } from './refusals.ts'

/** A reply as it came: the body is public JSON already, so that the gateway can pass it on without parsing. */
export interface RawReply {
  readonly body: Uint8Array
  readonly replayed: boolean
  /** How far what it shows goes, where the operation says so: a write whose `seq` is not higher is in it. */
  readonly seq?: string
}

/**
 * Calls an operation of some worker and answers its reply. Throws the worker's `TicketingError`, or `no_worker`,
 * `worker_timeout`, `unavailable`. Waits at most for the contract's deadline and the context's, whichever is sooner.
 * A timed-out command may have been done all the same: repeat it only with its idempotency key.
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
  const payload = encodeJson(request)
  const send = (instance?: string) => sendOnce(bus, { contract, payload, context, instance })
  return bus.retries === undefined ? send() : bus.retries.call(bus, contract, context, send)
}

interface Sending {
  readonly contract: Contract
  readonly payload: Uint8Array
  readonly context: MessageContext
  /** Set when only that one shall be asked. */
  readonly instance: string | undefined
}

function sendOnce(bus: Bus, sending: Sending): Promise<RawReply> {
  const { subject } = sending.contract
  const attributes = {
    'messaging.system': 'nats',
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.destination.name': subject,
  }
  return withSpan(`send ${subject}`, { kind: SpanKind.CLIENT, attributes }, async () => {
    const done = bus.metrics?.sending(subject)
    try {
      const reply = await sendRequest(bus, sending)
      done?.()
      return reply
    } catch (error) {
      done?.(error)
      throw error
    }
  })
}

async function sendRequest(bus: Bus, { contract, payload, context, instance }: Sending): Promise<RawReply> {
  const budgetMs = Math.min(contract.deadlineMs, remainingMs(context))
  if (budgetMs <= 0) throw tookTooLong()
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

function requestHeaders(context: MessageContext, budgetMs: number): Headers {
  const headers: Headers = {
    [headerNames.requestId]: context.requestId,
    [headerNames.caller]: writeCaller(context.caller),
    [headerNames.budgetMs]: String(budgetMs),
  }
  if (context.idempotencyKey !== undefined) headers[headerNames.idempotencyKey] = context.idempotencyKey
  injectTraceContext(headers)
  return headers
}

function throwIfError(reply: Message): void {
  const code = reply.headers[headerNames.error]
  if (code === undefined) return
  const { message, extra } = decodeJson(reply.payload) as {
    message: string
    extra: Record<string, unknown>
  }
  // A newer worker may know codes that this process does not.
  throw new TicketingError(isErrorCode(code) ? code : 'internal', message, { extra })
}
