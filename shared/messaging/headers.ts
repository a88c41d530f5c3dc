import { type MsgHdrs, headers as newNatsHeaders } from 'nats'
import type { Caller } from './caller.ts'

/** Values by header name; names keep their case. */
export type Headers = Record<string, string>

/** Headers that every request and reply can have, besides W3C's `traceparent` and `tracestate`. */
export const headerNames = {
  requestId: 'Ticketing-Request-Id',
  /** Milliseconds left, counted from receipt, because the clocks of machines differ. */
  budgetMs: 'Ticketing-Budget-Ms',
  caller: 'Ticketing-Caller',
  idempotencyKey: 'Idempotency-Key',
  /** Pass for an event with a waiting room. Not part of the request, so a repetition may have a renewed pass. */
  queuePass: 'Queue-Pass',
  /** On replies: an error code; the payload is then `{message, extra}`. */
  error: 'Ticketing-Error',
  /** On replies: the stored reply to an earlier message with the same idempotency key. */
  replayed: 'Ticketing-Replayed',
  /** On replies: the reply includes every write up to this `seq`. */
  seq: 'Ticketing-Seq',
} as const

/** Travels with every message, from the HTTP request to the last worker. */
export interface MessageContext {
  readonly requestId: string
  readonly caller: Caller
  /** `performance.now()` of this process after which the reply is useless. */
  readonly deadlineAt: number
  readonly idempotencyKey?: string
  readonly queuePass?: string
}

/** Whole milliseconds until the deadline; negative once it has passed. */
export function remainingMs(context: Pick<MessageContext, 'deadlineAt'>): number {
  return Math.floor(context.deadlineAt - performance.now())
}

/** For calls within a command. The key belongs to the caller's command, which may make several calls. */
export function withoutIdempotencyKey({ requestId, caller, deadlineAt }: MessageContext): MessageContext {
  return { requestId, caller, deadlineAt }
}

/** An option of the client's `publish` and `respond`. Throws `RangeError` if a value would begin another header. */
export function natsHeaders(headers: Headers): { headers?: MsgHdrs } {
  const entries = Object.entries(headers)
  if (entries.length === 0) return {}
  const encoded = newNatsHeaders()
  for (const [name, value] of entries) {
    if (/[\r\n]/.test(value)) throw new RangeError(`the header ${name} has more than one line`)
    encoded.append(name, value)
  }
  return { headers: encoded }
}

/** The first value of each name. */
export function readHeaders(headers: MsgHdrs | undefined): Headers {
  const read: Headers = {}
  for (const [name, [value]] of headers ?? []) read[name] = value ?? ''
  return read
}
