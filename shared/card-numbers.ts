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
const minDigits = 14
const maxDigits = 19

/** How many of these lengths the networks use with the first three digits, one bit each. Called far too often for a regular expression. */
const lengthsByPrefix = Uint8Array.from({ length: 1_000 }, (_, prefix) => {
  const first = String(prefix).padStart(3, '0')
  let lengths = 0
  for (let length = minDigits; length <= maxDigits; length += 1) {
    if (cardDigits.test(first.padEnd(length, '0'))) lengths |= 1 << (length - minDigits)
  }
  return lengths
})

/** Digits in groups, and between two groups up to three of these: blanks of every width, dashes, dots, invisible characters. */
const chains = /\d+(?:[\s\p{Pd}\p{Cf}./_]{1,3}\d+)*/gu

/** UUIDs, digests, other hexadecimal ids and public ids: a card number inside them is chance. */
const opaqueIds =
  /(?<![\da-z])(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\da-f]{24,})(?![\da-z])|(?<![\w-])[\w-]{43}(?![\w-])/gi

/** Whether a text contains a card number. Takes time in proportion to its length. */
export function holdsCardNumber(text: string): boolean {
  return mayHoldCardNumber(text) && cardsIn(text.normalize('NFKC')).length > 0
}

/** The digits of a card number, with nothing next to them that could belong to an id. */
const digitsAlone = /(?<![\da-z])\d{14,19}(?![\da-z])/gi

/**
 * Whether a key chosen by a caller is a card number, grouped or not, or has one between punctuation. Stricter than `holdsCardNumber`,
 * because many random keys contain the digits of a card by chance.
 */
export function isCardNumberKey(key: string): boolean {
  const isWhole = (text: string): boolean => maskCardNumbers(text, '') === ''
  return isWhole(key) || (key.match(digitsAlone) ?? []).some(isWhole)
}

/** Replaces each card number. If there is one, the text is returned in Unicode's form NFKC. */
export function maskCardNumbers(text: string, mask: string): string {
  if (!mayHoldCardNumber(text)) return text
  const plain = text.normalize('NFKC')
  const cards = cardsIn(plain)
  if (cards.length === 0) return text
  const starts = [0, ...cards.map(({ end }) => end)]
  return starts.map((start, index) => plain.slice(start, cards[index]?.start)).join(mask)
}

/** Most texts are too short. Beyond ASCII, one character can stand for two digits. */
function mayHoldCardNumber(text: string): boolean {
  return text.length >= minDigits / 2
}

interface Span {
  readonly start: number
  readonly end: number
}

/** Card numbers in their order, without overlaps. */
function cardsIn(plain: string): Span[] {
  // A text without card numbers has none outside ids; searching for ids takes longer.
  if (cardsWithin(plain).length === 0) return []
  return cardsWithin(plain.replaceAll(opaqueIds, (id) => 'x'.repeat(id.length)))
}

function cardsWithin(text: string): Span[] {
  const cards: Span[] = []
  for (const { 0: chain, index } of text.matchAll(chains)) {
    if (chain.length >= minDigits) addCardsOf(new Chain(chain), index, cards)
  }
  return cards
}

function addCardsOf(chain: Chain, index: number, cards: Span[]): void {
  for (let first = 0; first < chain.groups; first += 1) {
    const last = chain.lastGroupOfCard(first)
    if (last === -1) continue
    cards.push({ start: index + chain.startOf(first), end: index + chain.endOf(last) })
    first = last
  }
}

/** Groups of digits with separators in between. Typed arrays, because one body may have 32,000 groups. */
class Chain {
  /** Number of groups. */
  readonly groups: number
  /** Position of each group in the text. */
  readonly #starts: Int32Array
  /** Number of digits before each group; one more entry for the end. */
  readonly #before: Int32Array
  readonly #digits: Uint8Array
  /** Sums of the digits before each one, with every other doubled: those at even places, or those at odd ones. */
  readonly #sums: readonly [Int32Array, Int32Array]

  constructor(text: string) {
    this.#starts = new Int32Array(text.length)
    this.#before = new Int32Array(text.length + 1)
    this.#digits = new Uint8Array(text.length)
    this.#sums = [new Int32Array(text.length + 1), new Int32Array(text.length + 1)]
    let groups = 0
    let digits = 0
    let isInGroup = false
    for (let at = 0; at < text.length; at += 1) {
      const digit = text.charCodeAt(at) - 48
      const isDigit = digit >= 0 && digit <= 9
      if (isDigit) {
        if (!isInGroup) {
          this.#starts[groups] = at
          this.#before[groups] = digits
          groups += 1
        }
        this.#add(digit, digits)
        digits += 1
      }
      isInGroup = isDigit
    }
    this.#before[groups] = digits
    this.groups = groups
  }

  #add(digit: number, place: number): void {
    const doubled = digit > 4 ? digit * 2 - 9 : digit * 2
    const [even, odd] = this.#sums
    this.#digits[place] = digit
    even[place + 1] = at(even, place) + (place % 2 === 0 ? doubled : digit)
    odd[place + 1] = at(odd, place) + (place % 2 === 0 ? digit : doubled)
  }

  startOf(group: number): number {
    return at(this.#starts, group)
  }

  endOf(group: number): number {
    return at(this.#starts, group) + this.#lengthOf(group)
  }

  /**
   * Last group of the longest card number that begins with this group, or -1. `4111 1111 1111 1111 123` includes its check value. All
   * groups have one length, the last may be shorter; or 4, 6 and 5 or 4 digits, as on cards of 15 and 14 digits.
   */
  lastGroupOfCard(first: number): number {
    const from = at(this.#before, first)
    const prefix = at(this.#digits, from) * 100 + at(this.#digits, from + 1) * 10 + at(this.#digits, from + 2)
    const lengths = at(lengthsByPrefix, prefix)
    if (lengths === 0) return -1
    const usual = this.#lengthOf(first)
    const isFourAndSix = usual === 4 && first + 1 < this.groups && this.#lengthOf(first + 1) === 6
    let found = -1
    for (let last = first; last < this.groups; last += 1) {
      const length = this.#lengthOf(last)
      const to = at(this.#before, last + 1)
      const total = to - from
      if (total > maxDigits) break
      const isThird = last - first === 2
      const isGroupedLikeACard = isFourAndSix ? isThird && (length === 5 || length === 4) : length <= usual
      const isUsedLength = total >= minDigits && (lengths & (1 << (total - minDigits))) !== 0
      if (isGroupedLikeACard && isUsedLength && this.#hasCheckDigit(from, to)) found = last
      if (isFourAndSix ? isThird : length !== usual) break
    }
    return found
  }

  #lengthOf(group: number): number {
    return at(this.#before, group + 1) - at(this.#before, group)
  }

  /** ISO/IEC 7812-1 annex B: double every other digit, from the one before the last; the sum of all digits ends in 0. */
  #hasCheckDigit(from: number, to: number): boolean {
    const sums = this.#sums[to % 2 === 0 ? 0 : 1]
    return (at(sums, to) - at(sums, from)) % 10 === 0
  }
}

/** The number there; 0 beyond the end. */
function at(numbers: Int32Array | Uint8Array, index: number): number {
  return numbers[index] ?? 0
}
