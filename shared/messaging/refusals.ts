import { TicketingError } from '#shared/errors.ts'

/* What any operation may be refused with, whatever it does. */

export function tookTooLong(): TicketingError {
  return new TicketingError('worker_timeout', 'The answer took too long.')
}

export function tooManyAtOnce(): TicketingError {
  return new TicketingError('overloaded', 'Too many requests at once; try again shortly.')
}

/** What is wrong is for the log alone. */
export function faultOfOurs(): TicketingError {
  return new TicketingError('internal', 'Something went wrong on our side.')
}
