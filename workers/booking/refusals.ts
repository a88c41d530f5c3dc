import { invalidRequest, TicketingError } from '#shared/errors.ts'

/** Also said of things of another caller: to a stranger they do not exist. */
export function noSuchHold(): TicketingError {
  return new TicketingError('not_found', 'There is no such hold.')
}

/** Also said of things of another caller: to a stranger they do not exist. */
export function noSuchBooking(): TicketingError {
  return new TicketingError('not_found', 'There is no such booking.')
}

export function holdExpired(): TicketingError {
  return new TicketingError('hold_expired', 'The time to pay for these places is over; choose again.')
}

export function holdEnded(message: string): TicketingError {
  return new TicketingError('hold_ended', message)
}

/** Also said of tickets that others have: to a stranger they do not exist. */
export function noTicketOfCaller(): TicketingError {
  return new TicketingError('not_found', 'There is no such ticket.')
}

/** Also said of tickets of another booking. */
export function noSuchTicket(): TicketingError {
  return new TicketingError('not_found', 'This booking has no such ticket.')
}

export function invalidCursor(): TicketingError {
  return invalidRequest([{ pointer: '/cursor', detail: 'is not a cursor of this list' }])
}
