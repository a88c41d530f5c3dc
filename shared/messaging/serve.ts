import { randomUUID } from 'node:crypto'
import { SpanKind } from '@opentelemetry/api'
import type Logger from 'bunyan'
import { checkRequest } from '#shared/check-request.ts'
import type { Contract, ParsedRequestOf, ReplyOf, WorkerName } from '#shared/contracts/contract.ts'
import { TicketingError } from '#shared/errors.ts'
import { messagingAttributes, traceFields, withRemoteSpan } from '#shared/observability/tracing.ts'
import type { Bus } from './bus.ts'
import { readCaller } from './caller.ts'
import { type Headers, headerNames, type MessageContext, remainingMs } from './headers.ts'
import { decodeJson, encodeJson, errorReply, internalError, type Message, overloaded, timedOut } from './message.ts'
import type { RunningService } from './service.ts'

export interface OperationContext extends MessageContext {
  readonly log: Logger
  /** Marks the reply as the stored one of an earlier message with the same key. */
  markReplayed(): void
  /** Tells the caller that the reply includes every write up to this `seq`. */
  tellSeq(seq: string): void
}

export interface Operation {
  readonly contract: Contract
  answer(request: unknown, context: OperationContext): Promise<unknown>
}

/** Binds a contract to the function that answers it. `request` is checked, with its defaults. */
export function operation<C extends Contract>(
  contract: C,
  answer: (request: ParsedRequestOf<C>, context: OperationContext) => Promise<ReplyOf<C>>,
): Operation {
  return { contract, answer: (request, context) => answer(request as ParsedRequestOf<C>, context) }
}

interface ServeOptions {
  readonly worker: WorkerName
  readonly instance: string
  readonly operations: readonly Operation[]
  /** Requests above this number in flight are refused at once as `overloaded`; a quarter is reserved if an operation asks for it. */
  readonly maxInFlight: number
  readonly log: Logger
}

/** Answers all operations of a worker. Invalid, late and excess requests are refused before the operation runs. */
export async function serve(bus: Bus, options: ServeOptions): Promise<RunningService> {
  const { worker, instance, operations, maxInFlight, log } = options
  const isShared = operations.some(({ contract }) => contract.isReserved)
  const maxForOthers = isShared ? Math.ceil(maxInFlight * 0.75) : maxInFlight
  let inFlight = 0
  const inFlightOf = new Map(operations.map(({ contract }) => [contract.operation, 0]))
  const count = ({ contract: { operation } }: Operation, change: 1 | -1): void => {
    inFlight += change
    inFlightOf.set(operation, (inFlightOf.get(operation) ?? 0) + change)
  }
  bus.metrics?.watchInFlight(inFlightOf, maxInFlight)
  const handle = async (bound: Operation, message: Message): Promise<Message> => {
    const done = bus.metrics?.processing(bound.contract.subject, bound.contract.worker)
    if (inFlight >= (bound.contract.isReserved ? maxInFlight : maxForOthers)) {
      const refusal = overloaded()
      done?.(refusal)
      return errorReply(refusal)
    }
    count(bound, 1)
    try {
      return await answer(bound, message, log, done)
    } finally {
      count(bound, -1)
    }
  }
  return bus.serve({
    name: worker,
    instance,
    endpoints: operations.map((bound) => ({
      name: bound.contract.operation,
      subject: bound.contract.subject,
      direct: bound.contract.readOnly === true,
      handle: (message) => handle(bound, message),
    })),
    onFailure({ name }, error) {
      log.error({ err: error, operation: name }, 'a request could not be read, or its reply could not be sent')
      return errorReply(internalError())
    },
  })
}

/** Calls `done` when the operation has answered, with its error if it threw. */
async function answer(
  bound: Operation,
  message: Message,
  log: Logger,
  done: ((error?: unknown) => void) | undefined,
): Promise<Message> {
  const { contract } = bound
  const { subject, worker } = contract
  const attributes = { ...messagingAttributes('process', subject), 'messaging.consumer.group.name': worker }
  const spanOptions = { kind: SpanKind.SERVER, attributes }
  const headers: Headers = {}
  try {
    return await withRemoteSpan(message.headers, `process ${subject}`, spanOptions, async () => {
      const context = operationContext(contract, message, log, headers)
      try {
        if (remainingMs(context) <= 0) throw timedOut()
        const reply = await bound.answer(parseRequest(contract, message.payload), context)
        const payload = encodeJson(reply)
        done?.()
        return { payload, headers }
      } catch (error) {
        done?.(error)
        throw error
      }
    })
  } catch (error) {
    if (error instanceof TicketingError && error.code !== 'internal') return errorReply(error)
    const request_id = message.headers[headerNames.requestId]
    log.error({ err: error, operation: contract.operation, request_id }, 'operation failed unexpectedly')
    return errorReply(internalError())
  }
}

function operationContext(
  contract: Contract,
  { headers }: Message,
  log: Logger,
  replyHeaders: Headers,
): OperationContext {
  const requestId = headers[headerNames.requestId] ?? randomUUID()
  const idempotencyKey = headers[headerNames.idempotencyKey]
  const queuePass = headers[headerNames.queuePass]
  let child: Logger | undefined
  return {
    requestId,
    caller: readCaller(headers[headerNames.caller] ?? ''),
    deadlineAt: performance.now() + budgetMs(contract, headers[headerNames.budgetMs]),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(queuePass !== undefined && { queuePass }),
    // Created on demand: a child logger takes 4 µs, and most operations log nothing.
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

/** Milliseconds that the caller still waits, by its header, at most the contract's deadline. */
function budgetMs(contract: Contract, header: string | undefined): number {
  const ms = Number(header ?? contract.deadlineMs)
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), contract.deadlineMs)
}

function parseRequest(contract: Contract, payload: Uint8Array): unknown {
  let request: unknown
  try {
    request = decodeJson(payload)
  } catch (error) {
    throw new TicketingError('malformed_json', 'The request is not JSON.', { cause: error })
  }
  return checkRequest(contract.request, request)
}
