/*
 * A card number is a number that a network could have given, its check digit included, bare or in groups of equal length
 * (the last one may be shorter), in digits of any width, whatever stands before and behind it. None are opaque ids, numbers of
 * another length or beginning, and numbers that commas or words divide. This is against mishaps; whoever wants to hide a
 * card number can.
 */

/**
 * Digits as the networks number cards today: Visa, American Express, Diners Club, then Mastercard and Mir, JCB, Maestro,
 * Discover, UnionPay and RuPay. None begins with 1, as times since 1970 do, and none has 13 digits any more, as telephones
 * and articles do.
 */
const cardDigits =
  /^(?:4\d{15}(?:\d{3})?|3[47]\d{13}|3(?:0[0-59]|[689]\d)\d{11}(?:\d{2,5})?|(?:2[2-7]|35|5\d|6\d|8[12])\d{14,17})$/
const maxDigits = 19

/** Groups that are not all as long as the first one, as cards of 15 and 14 digits have them. */
const otherGroupings = ['4-6-5', '4-6-4']

/** What may stand between two groups: blanks of every width, dashes, dots, and characters that nobody sees. */
const separators = /^[\s\p{Pd}\p{Cf}./_]{1,3}$/u

/** UUIDs, digests and other ids in hexadecimal, and public ids: what looks like a card within them is chance. */
const opaqueIds =
  /(?<![\da-z])(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\da-f]{24,})(?![\da-z])|(?<![\w-])[\w-]{43}(?![\w-])/gi

/** Whether a card number stands anywhere in a text. */
export function holdsCardNumber(text: string): boolean {
  return cardsIn(text.normalize('NFKC')).length > 0
}

/** The text, each card number in it replaced; a text with one also comes back in Unicode's compatible form. */
export function maskCardNumbers(text: string, mask: string): string {
  const plain = text.normalize('NFKC')
  const cards = cardsIn(plain)
  if (cards.length === 0) return text
  let masked = ''
  let from = 0
  for (const { start, end } of cards) {
    masked += plain.slice(from, start) + mask
    from = end
  }
  return masked + plain.slice(from)
}

/** Card numbers in the order in which they stand, none within another. */
function cardsIn(plain: string): { start: number; end: number }[] {
  const text = plain.replaceAll(opaqueIds, (id) => 'x'.repeat(id.length))
  const groups = [...text.matchAll(/\d+/g)].map(({ 0: digits, index }) => ({ digits, index }))
  const cards: { start: number; end: number }[] = []
  let after = 0
  for (const [first, { index }] of groups.entries()) {
    const end = index < after ? undefined : cardFrom(groups, first, text)
    if (end === undefined) continue
    cards.push({ start: index, end })
    after = end
  }
  return cards
}

interface Group {
  readonly digits: string
  readonly index: number
}

/**
 * Where the longest card number ends that begins with this group, or `undefined`; `4111 1111 1111 1111 123` is one with its
 * check value.
 */
function cardFrom(groups: readonly Group[], first: number, text: string): number | undefined {
  let cardEnd: number | undefined
  let digits = ''
  let end = 0
  const lengths: number[] = []
  for (const group of groups.slice(first, first + maxDigits)) {
    if (lengths.length > 0 && !separators.test(text.slice(end, group.index))) break
    digits += group.digits
    if (digits.length > maxDigits) break
    lengths.push(group.digits.length)
    end = group.index + group.digits.length
    if (cardDigits.test(digits) && isGroupedLikeACard(lengths) && hasCheckDigit(digits)) cardEnd = end
  }
  return cardEnd
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
