import { type ErrorCode, errorCodes, TicketingError } from '#shared/errors.ts'

/** What an error code means over HTTP. */
export interface ProblemKind {
  readonly status: number
  readonly title: string
  /** Whether the same request may succeed later. A write repeats its Idempotency-Key. */
  readonly retryable: boolean
}

const again = true
const final = false

/** The one table that maps error codes to HTTP. */
const kinds: Record<ErrorCode, ProblemKind> = {
  malformed_request: kind(400, 'Malformed HTTP request', final),
  head_too_large: kind(431, 'URL or headers too large', final),
  request_too_slow: kind(408, 'Request too slow', again),
  validation_failed: kind(400, 'Invalid request', final),
  malformed_json: kind(400, 'Malformed JSON', final),
  idempotency_key_required: kind(400, 'Idempotency-Key required', final),
  bad_signature: kind(400, 'Invalid signature', final),
  unauthenticated: kind(401, 'Authentication required', final),
  payment_declined: kind(402, 'Payment declined', final),
  forbidden: kind(403, 'Forbidden', final),
  pass_required: kind(403, 'Pass required', final),
  pass_invalid: kind(403, 'Invalid pass', final),
  pass_expired: kind(403, 'Pass expired', final),
  misdirected: kind(421, 'Host not served here', final),
  not_found: kind(404, 'Not found', final),
  event_not_found: kind(404, 'Event not found', final),
  method_not_allowed: kind(405, 'Method not allowed', final),
  hold_expired: kind(410, 'Hold expired', final),
  place_expired: kind(410, 'Place in the queue expired', final),
  seat_unavailable: kind(409, 'Seat no longer available', again),
  hold_exists: kind(409, 'You already hold seats for this event', final),
  hold_ended: kind(409, 'Hold ended', final),
  hold_cap_reached: kind(409, 'Hold cannot be extended further', final),
  hold_paying: kind(409, 'Payment for this hold is in progress', final),
  sold_out: kind(409, 'Sold out', final),
  not_enough_left: kind(409, 'Not enough places left', again),
  waiting_list_first: kind(409, 'These places go to the waiting list', again),
  not_sold_out: kind(409, 'Not sold out', final),
  already_waiting: kind(409, 'Already on the waiting list', final),
  sale_not_open: kind(409, 'Sale not open yet', again),
  sale_closed: kind(409, 'Sale closed', final),
  sale_paused: kind(409, 'Sale paused', again),
  event_cancelled: kind(409, 'Event cancelled', final),
  no_adjacent_seats: kind(409, 'No adjacent seats left', final),
  payment_in_progress: kind(409, 'Payment in progress', final),
  already_purchased: kind(409, 'Already purchased', final),
  price_changed: kind(409, 'The price has changed', final),
  not_cancellable: kind(409, 'These tickets cannot be cancelled', final),
  queue_not_enabled: kind(409, 'The event has no waiting room now', final),
  draw_not_open: kind(409, 'Not possible at this stage of the draw', final),
  ticket_void: kind(409, 'This ticket is void', final),
  ticket_used: kind(409, 'This ticket has been used', final),
  erasure_blocked: kind(409, 'Some of this data is still needed', again),
  idempotency_key_in_use: kind(409, 'The first request with this key is in progress', again),
  body_too_large: kind(413, 'Body too large', final),
  unsupported_media_type: kind(415, 'The body must be application/json', final),
  expectation_failed: kind(417, 'Expectation not supported', final),
  idempotency_key_reused: kind(422, 'Idempotency-Key was used for another request', final),
  ticket_limit: kind(422, 'Ticket limit exceeded', final),
  card_number_refused: kind(422, 'Card numbers are not accepted', final),
  rate_limited: kind(429, 'Too many requests', again),
  stream_full: kind(503, 'Too many streams', again),
  internal: kind(500, 'Internal error', again),
  provider_unavailable: kind(502, 'Payment provider unavailable', again),
  no_worker: kind(503, 'Service unavailable', again),
  overloaded: kind(503, 'Overloaded', again),
  queue_full: kind(503, 'Queue full', again),
  unavailable: kind(503, 'Service unavailable', again),
  worker_timeout: kind(504, 'Time-out', again),
}

/** The body of an error answer, RFC 9457. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly [extra: string]: unknown
}

/** The problem document of any thrown value. Everything but a `TicketingError` becomes `internal`. */
export function toProblem(error: unknown): Problem {
  const { code, message, extra } =
    error instanceof TicketingError
      ? error
      : new TicketingError('internal', 'Something went wrong on our side; try again later.')
  return problemOf(code, message, extra)
}

/** The problem document of a code. `extra`: further members, which never replace the standard ones. */
export function problemOf(code: ErrorCode, detail: string, extra: Record<string, unknown>): Problem {
  const { status, title, retryable } = kinds[code]
  const members = { type: `/problems/${code}`, title, status, detail, code, retryable }
  return { ...members, ...extra, ...members }
}

/** Every error with its status, its title and whether a retry can help. */
export function problemKinds(): (ProblemKind & { code: ErrorCode })[] {
  return errorCodes.map((code) => ({ code, ...kinds[code] }))
}

/** HTTP status of a code. */
export function statusOf(code: ErrorCode): number {
  return kinds[code].status
}

function kind(status: number, title: string, retryable: boolean): ProblemKind {
  return { status, title, retryable }
}
