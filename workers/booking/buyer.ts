import { TicketingError } from '#shared/errors.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'

/** The user on whose behalf a message came. Throws `unauthenticated` when it is nobody's. */
export function buyerOf({ caller }: Pick<MessageContext, 'caller'>): string {
  if (caller.role !== 'user') throw new TicketingError('unauthenticated', 'Say who you are first.')
  return caller.id
}
