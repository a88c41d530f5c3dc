import type { Caller } from './caller.ts'

/** Names of the headers that every request and reply may carry; `traceparent` and `tracestate` come from W3C. */
export const headerNames = {
  requestId: 'Ticketing-Request-Id',
  /** Milliseconds left, counted from receipt, because clocks of machines differ. */
  budgetMs: 'Ticketing-Budget-Ms',
  caller: 'Ticketing-Caller',
  idempotencyKey: 'Idempotency-Key',
  /** On replies: an error code; the payload is then `{message, extra}`. */
  error: 'Ticketing-Error',
  /** On replies: this is the stored answer to an earlier message with the same idempotency key. */
  replayed: 'Ticketing-Replayed',
  /** On replies: how far what they show goes; a write whose `seq` is not higher is in it. */
  seq: 'Ticketing-Seq',
} as const

/** What goes with every message, from the first HTTP request to the last worker. */
export interface MessageContext {
  readonly requestId: string
  readonly caller: Caller
  /** `performance.now()` of this process at which the answer is worthless. */
  readonly deadlineAt: number
  readonly idempotencyKey?: string
}

/** Whole milliseconds until the deadline; negative once it has passed. */
export function remainingMs(context: Pick<MessageContext, 'deadlineAt'>): number {
  return Math.floor(context.deadlineAt - performance.now())
}

/** For calls within a command: its idempotency key names the caller's command, and several calls may follow from that. */
export function withoutIdempotencyKey({ requestId, caller, deadlineAt }: MessageContext): MessageContext {
  return { requestId, caller, deadlineAt }
}
