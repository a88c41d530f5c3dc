import { holdsCardNumber } from '#shared/card-numbers.ts'
import { TicketingError } from '#shared/errors.ts'

/**
 * Refuses a value in which a card number stands anywhere, also as the name of a member, before it is checked, stored or
 * logged: cards belong to the payment provider's own page, and we want only its token. Throws `card_number_refused`.
 */
export function refuseCardNumbers(value: unknown): void {
  if (typeof value === 'string' || typeof value === 'number') {
    if (!holdsCardNumber(String(value))) return
    throw new TicketingError('card_number_refused', "Send the payment provider's token, never a card number.")
  }
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    refuseCardNumbers(name)
    refuseCardNumbers(member)
  }
}
