import { type ErrorCode, errorCodes, TicketingError } from '#shared/errors.ts'
import type { HeaderLines } from './header-lines.ts'

interface ProblemKind {
  readonly status: number
  readonly title: string
  /** Whether the same request may succeed later; after 504 a write only with the same Idempotency-Key. */
  readonly retryable: boolean
}

const again = true
const final = false

/** The one table that turns error codes into HTTP. */
const kinds: Record<ErrorCode, ProblemKind> = {
  malformed_request: kind(400, 'This is not HTTP', final),
  head_too_large: kind(431, 'The URL or the headers are too large', final),
  request_too_slow: kind(408, 'The request came too slowly', again),
  validation_failed: kind(400, 'The request is not valid', final),
  malformed_json: kind(400, 'The body is not JSON', final),
  idempotency_key_required: kind(400, 'An Idempotency-Key header is required', final),
  bad_signature: kind(400, 'The signature is not valid', final),
  unauthenticated: kind(401, 'Who are you?', final),
  payment_declined: kind(402, 'The payment was declined', final),
  forbidden: kind(403, 'You may not do this', final),
  not_found: kind(404, 'There is no such thing', final),
  event_not_found: kind(404, 'There is no such event', final),
  method_not_allowed: kind(405, 'This path has no such method', final),
  hold_expired: kind(410, 'The hold ran out', final),
  seat_unavailable: kind(409, 'A seat is no longer free', again),
  hold_exists: kind(409, 'You already hold seats of this event', final),
  hold_ended: kind(409, 'The hold has ended', final),
  hold_cap_reached: kind(409, 'The hold cannot last any longer', final),
  hold_paying: kind(409, 'The hold is being paid', final),
  sold_out: kind(409, 'Not enough seats are left', final),
  sale_not_open: kind(409, 'The sale has not opened', final),
  sale_closed: kind(409, 'The sale is closed', final),
  sale_paused: kind(409, 'The sale is paused', final),
  event_cancelled: kind(409, 'The event is cancelled', final),
  no_adjacent_seats: kind(409, 'No such seats are left side by side', final),
  payment_in_progress: kind(409, 'A payment is under way', final),
  already_purchased: kind(409, 'This hold was bought already', final),
  price_changed: kind(409, 'The price is another', final),
  not_cancellable: kind(409, 'These tickets cannot be given back', final),
  idempotency_key_in_use: kind(409, 'The first request with this key is still under way', final),
  body_too_large: kind(413, 'The body is too large', final),
  unsupported_media_type: kind(415, 'The body must be application/json', final),
  idempotency_key_reused: kind(422, 'This key was used for another request', final),
  ticket_limit: kind(422, 'More tickets than one buyer may have', final),
  card_number_refused: kind(422, 'Card numbers are not accepted', final),
  rate_limited: kind(429, 'Too many requests', again),
  internal: kind(500, 'Something went wrong on our side', final),
  provider_unavailable: kind(502, 'The payment provider is away', again),
  no_worker: kind(503, 'This part of the system is away', again),
  overloaded: kind(503, 'Too busy at the moment', again),
  unavailable: kind(503, 'This part of the system is away', again),
  worker_timeout: kind(504, 'The answer took too long', again),
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

/** A problem document that still lacks what differs from request to request. */
export interface ProblemText {
  readonly status: number
  readonly headers: HeaderLines
  /** JSON without its last brace: further members follow. */
  readonly opening: string
  /** Of `opening`, as UTF-8. */
  readonly openingBytes: number
}

/** As it is sent, with what its status demands of the head. */
export function problemText(problem: Problem): ProblemText {
  const opening = JSON.stringify(problem).slice(0, -1)
  return {
    status: problem.status,
    headers: `Content-Type: application/problem+json\r\nCache-Control: no-store\r\n${headersOfStatus(problem)}`,
    opening,
    openingBytes: Buffer.byteLength(opening),
  }
}

function headersOfStatus({ status, retry_after_ms: retryAfterMs }: Problem): HeaderLines {
  switch (status) {
    case 401:
      return 'WWW-Authenticate: Bearer\r\n'
    case 429:
    case 503:
      return `Retry-After: ${Math.max(1, Math.ceil((typeof retryAfterMs === 'number' ? retryAfterMs : 1_000) / 1_000))}\r\n`
    default:
      return ''
  }
}

/** Turns any thrown thing into a problem document; what is not a `TicketingError` tells the client nothing. */
export function toProblem(error: unknown): Problem {
  const { code, message, extra } =
    error instanceof TicketingError ? error : new TicketingError('internal', 'Please try again later.')
  return problemOf(code, message, extra)
}

/** The problem document of a code; `extra` are further members. */
export function problemOf(code: ErrorCode, detail: string, extra: Record<string, unknown>): Problem {
  const { status, title, retryable } = kinds[code]
  const members = { type: `/problems/${code}`, title, status, detail, code, retryable }
  // First, and not to be replaced: a status goes into the head of the answer.
  return { ...members, ...extra, ...members }
}

/** Code, status, title and retryable of all errors, for the documentation. */
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
