import { randomUUID } from 'node:crypto'
import { SpanKind } from '@opentelemetry/api'
import type Logger from 'bunyan'
import type { Contract, ParsedRequestOf, ReplyOf, WorkerName } from '#shared/contracts/contract.ts'
import { fieldErrors, invalidRequest, TicketingError } from '#shared/errors.ts'
import { traceFields, withRemoteSpan } from '#shared/observability/tracing.ts'
import type { Bus, Headers, Message } from './bus.ts'
import { readCaller } from './caller.ts'
import { headerNames, type MessageContext, remainingMs } from './headers.ts'
import { decodeJson, encodeJson } from './json-bytes.ts'
import type { RunningService } from './nats-service.ts'
import { faultOfOurs, tookTooLong, tooManyAtOnce } from './refusals.ts'

/** What an operation gets beside its request. */
export interface OperationContext extends MessageContext {
  readonly log: Logger
  /** Says that the answer is the stored one of an earlier message with the same key. */
  markReplayed(): void
  /** Says how far what the answer shows goes, for who must not show less than that. */
  tellSeq(seq: string): void
}

/** A contract and the function that answers it. */
export interface Operation {
  readonly contract: Contract
  answer(request: unknown, context: OperationContext): Promise<unknown>
}

/** Binds a contract to the function that answers it; `request` arrives checked, with defaults filled in. */
export function operation<C extends Contract>(
  contract: C,
  answer: (request: ParsedRequestOf<C>, context: OperationContext) => Promise<ReplyOf<C>>,
): Operation {
  return { contract, answer: (request, context) => answer(request as ParsedRequestOf<C>, context) }
}

export interface ServeOptions {
  readonly worker: WorkerName
  readonly instance: string
  readonly operations: readonly Operation[]
  /** Requests beyond this many in flight are refused at once as `overloaded`. */
  readonly maxInFlight: number
  readonly log: Logger
}

/** Answers all operations of a worker. Refuses bad requests, spent budgets and overload before the operation runs. */
export async function serve(bus: Bus, options: ServeOptions): Promise<RunningService> {
  let inFlight = 0
  const inFlightOf = new Map(options.operations.map(({ contract }) => [contract.operation, 0]))
  const count = ({ contract: { operation } }: Operation, change: 1 | -1): void => {
    inFlight += change
    inFlightOf.set(operation, (inFlightOf.get(operation) ?? 0) + change)
  }
  bus.metrics?.watchInFlight(inFlightOf, options.maxInFlight)
  const handle = async (bound: Operation, message: Message): Promise<Message> => {
    const { subject, worker } = bound.contract
    const done = bus.metrics?.processing(subject, worker)
    if (inFlight >= options.maxInFlight) {
      const refusal = tooManyAtOnce()
      done?.(refusal)
      return errorReply(refusal)
    }
    count(bound, 1)
    try {
      return await answer(bound, message, { log: options.log, done })
    } finally {
      count(bound, -1)
    }
  }
  return bus.serve({
    name: options.worker,
    instance: options.instance,
    endpoints: options.operations.map((bound) => ({
      name: bound.contract.operation,
      subject: bound.contract.subject,
      direct: bound.contract.readOnly === true,
      handle: (message) => handle(bound, message),
    })),
    onFailure: ({ name }, error) => {
      options.log.error({ err: error, operation: name }, 'a request or its reply could not be carried')
      return errorReply(faultOfOurs())
    },
  })
}

interface AnswerOptions {
  readonly log: Logger
  /** To be called once it is answered, with what was thrown when it was refused. */
  readonly done: ((error?: unknown) => void) | undefined
}

async function answer(bound: Operation, message: Message, { log, done }: AnswerOptions): Promise<Message> {
  const { contract } = bound
  const attributes = {
    'messaging.system': 'nats',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': contract.subject,
    'messaging.consumer.group.name': contract.worker,
  }
  const headers: Headers = {}
  try {
    return await withRemoteSpan(
      message.headers,
      `process ${contract.subject}`,
      { kind: SpanKind.SERVER, attributes },
      async () => {
        const context = operationContext(contract, message, log, headers)
        try {
          if (remainingMs(context) <= 0) throw tookTooLong()
          const reply = await bound.answer(parseRequest(contract, message.payload), context)
          const payload = encodeJson(reply)
          done?.()
          return { payload, headers }
        } catch (error) {
          done?.(error)
          throw error
        }
      },
    )
  } catch (error) {
    if (error instanceof TicketingError && error.code !== 'internal') return errorReply(error)
    const request_id = message.headers[headerNames.requestId]
    log.error({ err: error, operation: contract.operation, request_id }, 'operation failed unexpectedly')
    return errorReply(faultOfOurs())
  }
}

/** What the operation says of its answer goes to `replyHeaders`. */
function operationContext(
  contract: Contract,
  { headers }: Message,
  log: Logger,
  replyHeaders: Headers,
): OperationContext {
  const requestId = headers[headerNames.requestId] ?? randomUUID()
  const idempotencyKey = headers[headerNames.idempotencyKey]
  let child: Logger | undefined
  return {
    requestId,
    caller: readCaller(headers[headerNames.caller] ?? ''),
    deadlineAt: performance.now() + budgetMs(contract, headers[headerNames.budgetMs]),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    // Most operations log nothing, and a child takes 4 µs.
    get log() {
      child ??= log.child({ request_id: requestId, ...traceFields() }, true)
      return child
    },
    markReplayed() {
      replyHeaders[headerNames.replayed] = 'true'
    },
    tellSeq(seq) {
      replyHeaders[headerNames.seq] = seq
    },
  }
}

/** Milliseconds that the caller still waits: as it says, within what the contract allows. */
function budgetMs(contract: Contract, header: string | undefined): number {
  const said = Number(header ?? contract.deadlineMs)
  return Number.isNaN(said) ? 0 : Math.min(Math.max(said, 0), contract.deadlineMs)
}

function parseRequest(contract: Contract, payload: Uint8Array): unknown {
  const parsed = contract.request.safeParse(parseJson(payload))
  if (parsed.success) return parsed.data
  throw invalidRequest(fieldErrors(parsed.error))
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return decodeJson(payload)
  } catch (error) {
    throw new TicketingError('malformed_json', 'The request is not JSON.', { cause: error })
  }
}

function errorReply(error: TicketingError): Message {
  const payload = encodeJson({ message: error.message, extra: error.extra })
  return { payload, headers: { [headerNames.error]: error.code } }
}
