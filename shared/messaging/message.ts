import { isErrorCode, TicketingError } from '#shared/errors.ts'
import { type Headers, headerNames } from './headers.ts'

/** A request or a reply. */
export interface Message {
  readonly payload: Uint8Array
  readonly headers: Headers
}

/** Encodes any value that JSON has, so not `undefined`. */
export function encodeJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

/** Throws `SyntaxError`. */
export function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
}

/** The error of a call whose time has run out. */
export function timedOut(): TicketingError {
  return new TicketingError(
    'worker_timeout',
    'The answer took too long; try again, a write with the same Idempotency-Key.',
  )
}

/** The error of a request that exceeds the limit of requests in flight. */
export function overloaded(): TicketingError {
  return new TicketingError('overloaded', 'Too many requests at once; try again shortly.')
}

/** The error of a call while NATS is not connected. */
export function natsUnavailable(cause?: Error): TicketingError {
  return new TicketingError('unavailable', 'The message server is unavailable; try again shortly.', { cause })
}

/** For bugs: only the log has the details. */
export function internalError(): TicketingError {
  return new TicketingError('internal', 'Something went wrong on our side; try again later.')
}

/** An error as a reply; see `throwIfError`. */
export function errorReply(error: TicketingError): Message {
  const payload = encodeJson({ message: error.message, extra: error.extra })
  return { payload, headers: { [headerNames.error]: error.code } }
}

/** Throws the error if a message is the result of `errorReply`. */
export function throwIfError({ payload, headers }: Message): void {
  const code = headers[headerNames.error]
  if (code === undefined) return
  const { message, extra } = decodeJson(payload) as { message: string; extra: Record<string, unknown> }
  // A newer worker may know codes that this process does not.
  throw new TicketingError(isErrorCode(code) ? code : 'internal', message, { extra })
}
