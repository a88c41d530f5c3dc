import { TicketingError } from '#shared/errors.ts'

/** 13 to 19 digits that stand alone, bare or in groups: the lengths of ISO/IEC 7812. */
const cardLike = /(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])/g

/**
 * Refuses a body in which a card number stands anywhere, before it is checked, stored or logged: cards belong to the
 * payment provider's own page, and we want only its token. Throws `card_number_refused`.
 */
export function refuseCardNumbers(body: unknown): void {
  if (typeof body === 'string' || typeof body === 'number') {
    for (const [candidate] of String(body).matchAll(cardLike)) {
      if (!passesLuhn(candidate.replaceAll(/[ -]/g, ''))) continue
      throw new TicketingError('card_number_refused', "Send the payment provider's token, never a card number.")
    }
  } else if (typeof body === 'object' && body !== null) {
    for (const member of Object.values(body)) refuseCardNumbers(member)
  }
}

/** The check digit that every card number ends in, ISO/IEC 7812-1 annex B. */
function passesLuhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}
