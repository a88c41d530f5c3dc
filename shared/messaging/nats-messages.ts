import { type MsgHdrs, NatsError, ErrorCode as NatsErrorCode, headers as natsHeaders } from 'nats'
import { TicketingError } from '#shared/errors.ts'
import type { Headers } from './bus.ts'

/* Between our words and those of the `nats` package. */

/** What is told while NATS is away. */
export function away(cause?: Error): TicketingError {
  return new TicketingError('unavailable', 'The message server is away; try again shortly.', { cause })
}

/** What went wrong with a request, in our words. */
export function asTicketingError(error: unknown, subject: string): unknown {
  if (!(error instanceof NatsError)) return error
  switch (error.code) {
    case NatsErrorCode.NoResponders:
      return new TicketingError('no_worker', 'The part of the system that answers this is not running.', {
        cause: error,
      })
    case NatsErrorCode.Timeout:
      return new TicketingError('worker_timeout', 'The answer took too long.', { cause: error })
    case NatsErrorCode.PermissionsViolation:
      return new Error(`NATS does not permit us to publish ${subject}`, { cause: error })
    case NatsErrorCode.ConnectionClosed:
    case NatsErrorCode.ConnectionDraining:
    case NatsErrorCode.Disconnect:
      return away(error)
    default:
      return new Error(`request to ${subject} failed`, { cause: error })
  }
}

export function toNats(headers: Headers): MsgHdrs {
  const result = natsHeaders()
  for (const [name, value] of Object.entries(headers)) result.set(name, value)
  return result
}

/** Of several values of one name the first counts. */
export function fromNats(headers: MsgHdrs | undefined): Headers {
  const result: Headers = {}
  if (headers) for (const [name, values] of headers) result[name] = values[0] ?? ''
  return result
}
