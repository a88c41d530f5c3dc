import type { z } from 'zod'

/** Failures of the system, not of the caller. */
const faultCodes = [
  'internal',
  'provider_unavailable',
  'no_worker',
  'overloaded',
  'unavailable',
  'worker_timeout',
] as const

/** All failures that callers are expected to handle. `gateway/http/problems.ts` maps them to HTTP statuses. */
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
  'misdirected',
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
  'expectation_failed',
  'idempotency_key_reused',
  'ticket_limit',
  'card_number_refused',
  'rate_limited',
  ...faultCodes,
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** A wrong member of a request: its JSON pointer (`/seat_nos/0`) and why it is wrong. */
export interface FieldError {
  pointer: string
  detail: string
}

/** An expected failure: `message` and `extra` (such as `conflicts`) are for the buyer, `cause` for the operator. */
export class TicketingError extends Error {
  readonly code: ErrorCode
  readonly extra: Record<string, unknown>

  constructor(
    code: ErrorCode,
    message: string,
    { extra = {}, cause }: { extra?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'TicketingError'
    this.code = code
    this.extra = extra
  }

  /** Whether the system failed, rather than the request or the state it met. */
  get isFault(): boolean {
    return (faultCodes as readonly string[]).includes(this.code)
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && (errorCodes as readonly string[]).includes(value)
}

/** The code for callers; `internal` for an unexpected error. */
export function errorCodeOf(error: unknown): ErrorCode {
  return error instanceof TicketingError ? error.code : 'internal'
}

export function invalidRequest(errors: readonly FieldError[], message = 'The request is not valid.'): TicketingError {
  return new TicketingError('validation_failed', message, { extra: { errors } })
}

/** Bounds the reply to a request with thousands of wrong members. */
const maxErrors = 100

/** The issues of a schema as JSON pointers, at most a hundred. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap((issue) => issueErrors(issue)).slice(0, maxErrors)
}

function issueErrors(issue: z.core.$ZodIssue, within: readonly PropertyKey[] = []): FieldError[] {
  const path = [...within, ...issue.path]
  const pointer = path.map((step) => `/${String(step)}`).join('')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: `${pointer}/${key}`, detail: 'is not a known member' }))
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The form with the fewest issues is probably the one that was meant.
    const nearest = issue.errors.toSorted((one, other) => one.length - other.length)[0] ?? []
    return nearest.flatMap((inner) => issueErrors(inner, path))
  }
  return [{ pointer, detail: issue.message }]
}
