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
  'pass_required',
  'pass_invalid',
  'pass_expired',
  'misdirected',
  'not_found',
  'event_not_found',
  'method_not_allowed',
  'hold_expired',
  'place_expired',
  'seat_unavailable',
  'hold_exists',
  'hold_ended',
  'hold_cap_reached',
  'hold_paying',
  'sold_out',
  'not_enough_left',
  'waiting_list_first',
  'not_sold_out',
  'already_waiting',
  'sale_not_open',
  'sale_closed',
  'sale_paused',
  'event_cancelled',
  'no_adjacent_seats',
  'payment_in_progress',
  'already_purchased',
  'price_changed',
  'not_cancellable',
  'queue_not_enabled',
  'draw_not_open',
  'ticket_void',
  'ticket_used',
  'erasure_blocked',
  'idempotency_key_in_use',
  'body_too_large',
  'unsupported_media_type',
  'expectation_failed',
  'idempotency_key_reused',
  'ticket_limit',
  'card_number_refused',
  'rate_limited',
  'queue_full',
  'stream_full',
  ...faultCodes,
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** A wrong member of a request: its JSON pointer (`/seat_nos/0`) and the reason. */
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

  /** Whether the system failed, rather than the request or the current state. */
  get isFault(): boolean {
    return (faultCodes as readonly string[]).includes(this.code)
  }
}

/** Whether a value is one of the error codes. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && (errorCodes as readonly string[]).includes(value)
}

/** The code for callers; `internal` for an unexpected error. */
export function errorCodeOf(error: unknown): ErrorCode {
  return error instanceof TicketingError ? error.code : 'internal'
}

/**
 * Refuses a request with wrong fields. Each `detail` is the end of a sentence that begins with the name of the field: `must be a date`.
 * `message`: replaces the summary of these fields.
 */
export function invalidRequest(errors: readonly FieldError[], message?: string): TicketingError {
  const sentences = errors.map(({ pointer, detail }) => ({ pointer, detail: `${fieldName(pointer)} ${detail}.` }))
  return new TicketingError('validation_failed', message ?? summaryOf(sentences), { extra: { errors: sentences } })
}

/** Most fields that a summary names. */
const maxNamed = 5
/** Names can be chosen by the caller, so they are cut. */
const maxNameLength = 60

function summaryOf(errors: readonly FieldError[]): string {
  const [only] = errors
  if (only === undefined) return 'The request is not valid.'
  if (errors.length === 1) return only.detail
  const names = errors.slice(0, maxNamed).map(({ pointer }) => fieldName(pointer))
  return `${errors.length} fields are not valid: ${names.join(', ')}${errors.length > maxNamed ? ', …' : ''}.`
}

/** `/areas/0/qty` is `areas[0].qty`. */
function fieldName(pointer: string): string {
  if (pointer === '') return 'The request'
  const steps = pointer.slice(1).split('/')
  const name = steps.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join('')
  const text = name.replace(/^\./, '').replaceAll('~1', '/').replaceAll('~0', '~')
  return text.length > maxNameLength ? `${text.slice(0, maxNameLength)}…` : text
}
