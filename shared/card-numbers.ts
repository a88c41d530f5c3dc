/*
 * A card number has a length, prefix and check digit that a card network uses. It has one piece or groups of equal length (the
 * last may be shorter), in digits of any width, anywhere in a text. Opaque ids, and digits divided by commas or words, do not
 * count. This prevents accidents, not people who disguise a number.
 */

/**
 * Prefixes and lengths in use: Visa, American Express, Diners Club, then Mastercard and Mir, JCB, Maestro, Discover,
 * UnionPay and RuPay. None begins with 1, as epoch times do; none has 13 digits any more, as phone and article numbers do.
 */
const cardDigits =
  /^(?:4\d{15}(?:\d{3})?|3[47]\d{13}|3(?:0[0-59]|[689]\d)\d{11}(?:\d{2,5})?|(?:2[2-7]|35|5\d|6\d|8[12])\d{14,17})$/
const maxDigits = 19

/** Groups of unequal length, on cards of 15 and 14 digits. */
const otherGroupings = ['4-6-5', '4-6-4']

/** Between two groups: blanks of every width, dashes, dots, and invisible characters. */
const separators = /^[\s\p{Pd}\p{Cf}./_]{1,3}$/u

/** UUIDs, digests and other hexadecimal ids, and public ids: a card number within them is chance. */
const opaqueIds =
  /(?<![\da-z])(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\da-f]{24,})(?![\da-z])|(?<![\w-])[\w-]{43}(?![\w-])/gi

export function holdsCardNumber(text: string): boolean {
  return cardsIn(text.normalize('NFKC')).length > 0
}

/** Replaces each card number. A text with one comes back in Unicode's form NFKC. */
export function maskCardNumbers(text: string, mask: string): string {
  const plain = text.normalize('NFKC')
  const cards = cardsIn(plain)
  if (cards.length === 0) return text
  const starts = [0, ...cards.map(({ end }) => end)]
  return starts.map((start, index) => plain.slice(start, cards[index]?.start)).join(mask)
}

/** Card numbers in their order, without overlaps. */
function cardsIn(plain: string): { start: number; end: number }[] {
  const text = plain.replaceAll(opaqueIds, (id) => 'x'.repeat(id.length))
  const groups = [...text.matchAll(/\d+/g)]
  const cards: { start: number; end: number }[] = []
  let after = 0
  for (const [first, { index: start }] of groups.entries()) {
    const end = start < after ? undefined : cardFrom(groups, first, text)
    if (end === undefined) continue
    cards.push({ start, end })
    after = end
  }
  return cards
}

/** End of the longest card number from this group on. `4111 1111 1111 1111 123` includes its check value. */
function cardFrom(groups: readonly RegExpExecArray[], first: number, text: string): number | undefined {
  let cardEnd: number | undefined
  let digits = ''
  let end = 0
  const lengths: number[] = []
  for (const { 0: group, index } of groups.slice(first, first + maxDigits)) {
    if (lengths.length > 0 && !separators.test(text.slice(end, index))) break
    digits += group
    if (digits.length > maxDigits) break
    lengths.push(group.length)
    end = index + group.length
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

/** ISO/IEC 7812-1 annex B: double every other digit, from the one before the last; the sum of all digits ends in 0. */
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
