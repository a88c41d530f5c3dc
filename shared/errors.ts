/**
 * Every way an operation may fail that a caller can understand. Workers answer with a code and never with an HTTP
 * status: `gateway/problems.ts` turns codes into statuses, in one table.
 */
export const errorCodes = [
  'malformed_request',
  'head_too_large',
  'request_too_slow',
  'validation_failed',
  'malformed_json',
  'idempotency_key_required',
  'bad_signature',
  'unauthenticated',
  'payment_declined',
  'forbidden',
  'not_found',
  'event_not_found',
  'method_not_allowed',
  'hold_expired',
  'seat_unavailable',
  'hold_exists',
  'hold_ended',
  'hold_cap_reached',
  'hold_paying',
  'sold_out',
  'sale_not_open',
  'sale_closed',
  'sale_paused',
  'event_cancelled',
  'no_adjacent_seats',
  'payment_in_progress',
  'already_purchased',
  'price_changed',
  'not_cancellable',
  'idempotency_key_in_use',
  'body_too_large',
  'unsupported_media_type',
  'idempotency_key_reused',
  'ticket_limit',
  'card_number_refused',
  'rate_limited',
  'internal',
  'provider_unavailable',
  'no_worker',
  'overloaded',
  'unavailable',
  'worker_timeout',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** Failures that are ours and not the caller's: what operators count as such. */
const faultCodes: ReadonlySet<ErrorCode> = new Set([
  'internal',
  'provider_unavailable',
  'no_worker',
  'overloaded',
  'unavailable',
  'worker_timeout',
])

/** One wrong member of a request: a JSON pointer (`/seat_nos/0`) and what is wrong with it. */
export interface FieldError {
  pointer: string
  detail: string
}

export interface ErrorOptions {
  /** Further members for the buyer, such as `conflicts`. Never internals: they go into `cause`. */
  extra?: Record<string, unknown>
  cause?: unknown
}

/** An expected failure: `message` is for the buyer, `cause` for the operator. */
export class TicketingError extends Error {
  readonly code: ErrorCode
  readonly extra: Record<string, unknown>

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'TicketingError'
    this.code = code
    this.extra = options.extra ?? {}
  }

  /** Whether the system is at fault, rather than the request or the state of things. */
  get isFault(): boolean {
    return faultCodes.has(this.code)
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && (errorCodes as readonly string[]).includes(value)
}

/** What a caller is told of a failure: its code, `internal` for whatever was not expected. */
export function errorCodeOf(error: unknown): ErrorCode {
  return error instanceof TicketingError ? error.code : 'internal'
}
