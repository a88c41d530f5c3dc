import { TicketingError } from '#shared/errors.ts'

/** The lengths of ISO/IEC 7812. */
const fewestDigits = 13
const mostDigits = 19

/** Where a number may begin: within a word or an id there is none. */
const firstDigit = /(?<![\w-])\d/g

/**
 * Refuses a body in which a card number stands anywhere, also as the name of a member, before it is checked, stored or
 * logged: cards belong to the payment provider's own page, and we want only its token. Throws `card_number_refused`.
 */
export function refuseCardNumbers(body: unknown): void {
  if (typeof body === 'string' || typeof body === 'number') {
    const text = String(body)
    if (text.matchAll(firstDigit).some(({ index }) => cardBeginsAt(text, index))) {
      throw new TicketingError('card_number_refused', "Send the payment provider's token, never a card number.")
    }
  } else if (typeof body === 'object' && body !== null) {
    for (const [name, member] of Object.entries(body)) {
      refuseCardNumbers(name)
      refuseCardNumbers(member)
    }
  }
}

/**
 * Whether the digits from here on, bare or in groups, are a card number, whatever follows it: `4111 1111 1111 1111 123` is one
 * with its check value. In one pass, because a body may hold many digits.
 */
function cardBeginsAt(text: string, start: number): boolean {
  // Sums of the check digit's rule when every other digit is doubled, from the first one or from the second one on.
  const sums: [number, number] = [0, 0]
  let at = start
  for (let digits = 1; digits <= mostDigits; digits += 1) {
    const digit = Number(text[at])
    const doubled = digit > 4 ? digit * 2 - 9 : digit * 2
    const isOdd = digits % 2 === 1
    sums[0] += isOdd ? doubled : digit
    sums[1] += isOdd ? digit : doubled
    // ISO/IEC 7812-1 annex B: the last digit is not doubled.
    const sum = isOdd ? sums[1] : sums[0]
    if (digits >= fewestDigits && sum % 10 === 0 && !isPartOfWord(text[at + 1])) return true
    at += isSeparator(text[at + 1]) ? 2 : 1
    if (!isDigit(text[at])) return false
  }
  return false
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9'
}

function isSeparator(character: string | undefined): boolean {
  return character === ' ' || character === '-'
}

function isPartOfWord(character: string | undefined): boolean {
  return character !== undefined && /[\w-]/.test(character)
}
