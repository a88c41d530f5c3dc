import { TicketingError } from '#shared/errors.ts'

/** Also said of things of another caller: to a stranger they do not exist. */
export function noSuchHold(): TicketingError {
  return new TicketingError('not_found', 'There is no such hold.')
}

/** Also said of things of another caller: to a stranger they do not exist. */
export function noSuchBooking(): TicketingError {
  return new TicketingError('not_found', 'There is no such booking.')
}
