import { invalidRequest, TicketingError } from '#shared/errors.ts'

/** Also for things of another caller, which count as not found. */
export function noSuchHold(): TicketingError {
  return new TicketingError('not_found', 'There is no such hold.')
}

/** Also for things of another caller, which count as not found. */
export function noSuchBooking(): TicketingError {
  return new TicketingError('not_found', 'There is no such booking.')
}

/** The refusal of a hold that has expired. */
export function holdExpired(): TicketingError {
  return new TicketingError('hold_expired', 'The time to pay for these places has run out; choose again.')
}

/** The refusal of a hold that was released or bought; `message` says which. */
export function holdEnded(message: string): TicketingError {
  return new TicketingError('hold_ended', message)
}

/** Also for tickets of others, which count as not found. */
export function noTicketOfCaller(): TicketingError {
  return new TicketingError('not_found', 'There is no such ticket.')
}

/** Also for tickets of another booking. */
export function noSuchTicket(): TicketingError {
  return new TicketingError('not_found', 'This booking has no such ticket.')
}

/** The refusal of an event that never had stock. */
export function noTicketsOfEvent(): TicketingError {
  return new TicketingError('event_not_found', 'There is no event with tickets of this id.')
}

/** The refusal of a cursor that does not belong to the list. */
export function invalidCursor(): TicketingError {
  return invalidRequest([{ pointer: '/cursor', detail: 'is not a cursor of this list' }])
}
