import { TicketingError } from '#shared/errors.ts'

/**
 * Digits as the networks number cards today: Visa, American Express, Diners Club, then Mastercard and Mir, JCB, Maestro,
 * Discover, UnionPay and RuPay. None begins with 1, as times since 1970 do, and none has 13 digits any more, as telephones
 * and articles do.
 */
const cardDigits =
  /^(?:4\d{15}(?:\d{3})?|3[47]\d{13}|3(?:0[0-59]|[689]\d)\d{11}(?:\d{2,5})?|(?:2[2-7]|35|5\d|6\d|8[12])\d{14,17})$/
const mostDigits = 19

/** Groups that are not all as long as the first one, as cards of 15 and 14 digits have them. */
const otherGroupings = ['4-6-5', '4-6-4']

/** What may stand between two groups: blanks of every width, dashes, dots, and characters that nobody sees. */
const separators = /^[\s\p{Pd}\p{Cf}./_]{1,3}$/u

/** UUIDs, digests and other ids in hexadecimal, and public ids: what looks like a card within them is chance. */
const opaqueIds =
  /(?<![\da-z])(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\da-f]{24,})(?![\da-z])|(?<![\w-])[\w-]{43}(?![\w-])/gi

/**
 * Refuses a value in which a card number stands anywhere, also as the name of a member, before it is checked, stored or
 * logged: cards belong to the payment provider's own page, and we want only its token. Throws `card_number_refused`.
 *
 * A card number is a number that a network could have given, its check digit included, bare or in groups of equal length
 * (the last one may be shorter), in digits of any width, whatever stands before and behind it. Not refused: opaque ids,
 * numbers of another length or beginning, and numbers that commas or words divide. This is against mishaps; whoever
 * wants to hide a card number can.
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

function holdsCardNumber(text: string): boolean {
  const plain = text.normalize('NFKC').replaceAll(opaqueIds, 'id')
  const groups = [...plain.matchAll(/\d+/g)].map(({ 0: digits, index }) => ({ digits, index }))
  return groups.some((_, first) => cardBeginsAt(groups, first, plain))
}

interface Group {
  readonly digits: string
  readonly index: number
}

/** Whether this group, or it and some that follow, are a card number; `4111 1111 1111 1111 123` is one with its check value. */
function cardBeginsAt(groups: readonly Group[], first: number, text: string): boolean {
  let digits = ''
  let end = 0
  const lengths: number[] = []
  for (const group of groups.slice(first, first + mostDigits)) {
    if (lengths.length > 0 && !separators.test(text.slice(end, group.index))) return false
    digits += group.digits
    if (digits.length > mostDigits) return false
    lengths.push(group.digits.length)
    if (cardDigits.test(digits) && isGroupedLikeACard(lengths) && hasCheckDigit(digits)) return true
    end = group.index + group.digits.length
  }
  return false
}

function isGroupedLikeACard(lengths: readonly number[]): boolean {
  const [usual = 0] = lengths
  const last = lengths.at(-1) ?? 0
  const isEven = lengths.slice(0, -1).every((length) => length === usual) && last <= usual
  return isEven || otherGroupings.includes(lengths.join('-'))
}

/** ISO/IEC 7812-1 annex B: every other digit is doubled, from the one before the last on; then the sum of all ends in 0. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0
  for (const [index, character] of [...digits].entries()) {
    const digit = Number(character)
    const isDoubled = (digits.length - index) % 2 === 0
    const doubled = digit > 4 ? digit * 2 - 9 : digit * 2
    sum += isDoubled ? doubled : digit
  }
  return sum % 10 === 0
}
