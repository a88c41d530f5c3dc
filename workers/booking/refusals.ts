import { type FieldError, TicketingError } from '#shared/errors.ts'

/** Also said of things of another caller: to a stranger they do not exist. */
export function noSuchHold(): TicketingError {
  return new TicketingError('not_found', 'There is no such hold.')
}

/** Also said of things of another caller: to a stranger they do not exist. */
export function noSuchBooking(): TicketingError {
  return new TicketingError('not_found', 'There is no such booking.')
}

/** For what a schema cannot see. */
export function invalidRequest(...errors: FieldError[]): TicketingError {
  return new TicketingError('validation_failed', 'The request is not valid.', { extra: { errors } })
}

export function invalidCursor(): TicketingError {
  return invalidRequest({ pointer: '/cursor', detail: 'is not a cursor of this list' })
}
