import { maskCardNumbers } from '#shared/card-numbers.ts'

/** Takes secrets out of a text. */
export type Redact = (text: string) => string

export const mask = '[redacted]'

const headerWords = 'cookie|authorization'
/** Whatever has a name that ends in one of these is nobody's business. */
const secretWords = `${headerWords}|pass(?:w(?:or)?d)?|pwd|secret|token|api[-_]?key|organiser[-_]?key|signature|card[-_]?number|cvc|cvv`

const secretName = new RegExp(`(?:${secretWords})$`, 'i')

/** Every text that one of the patterns below changes has one of these: most texts are done after this look. */
const suspicious = new RegExp(
  String.raw`:\/\/|bearer|basic|${secretWords}|eyJ|(?:org|tok|pm|[spr]k_live|[spr]k_test|whsec)_`,
  'i',
)

/** A text with the quote that ends it: one behind as many backslashes as the first, however often JSON was put into JSON. */
const quoted = String.raw`(?<quote>\\{0,7}["'])(?:(?!(?<!\\)\k<quote>)[^])*(?:\k<quote>)?`
/** A list or object up to its end, which does not stand within a text in it. */
const nested = String.raw`[[{](?:${quoted}|[^\]}"'])*`
const bare = String.raw`[^\s"'&;,}]`

/** What could fail after a long look has an end, so that no text makes them slow. */
const patterns: readonly (readonly [RegExp, string])[] = [
  // A password may hold a slash or an at sign that should have been encoded. A port is none, but only web pages have an at sign
  // behind it, in their path.
  [/(?<!https?):\/\/[^\s:/?#@"']{0,256}:[^\s"']{0,512}@/gi, `://${mask}@`],
  [/:\/\/[^\s:/?#@"']{0,256}:(?!\d{1,5}(?:[/?#\s]|$))[^\s"']{0,512}@/g, `://${mask}@`],
  [/:\/\/[^\s/?#"']{0,512}@/g, `://${mask}@`],
  // Headers, up to the end of their line.
  [new RegExp(String.raw`((?:${headerWords})\\?["']?\s{0,3}[:=]).+`, 'gi'), `$1 ${mask}`],
  [/\b(bearer|basic)\s{1,3}[\w.~+/=-]{6,}/gi, `$1 ${mask}`],
  [/eyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g, mask],
  [/(org_)[\x21-\x7e]{8,}/g, `$1${mask}`],
  [/((?:tok|pm|[spr]k_live|[spr]k_test|whsec)_)\w+/g, `$1${mask}`],
  [
    new RegExp(
      String.raw`((?:${secretWords})\\{0,7}["'\]]{0,2}\s{0,3}[:=]\s{0,3})(?:(?:${quoted}|${nested})${bare}*|${bare}+)`,
      'gi',
    ),
    `$1${mask}`,
  ],
]

/** Cards have 14 digits or more. */
const manyDigits = /\d(?:\D{0,3}\d){13}/
const beyondAscii = /[\u0080-\uffff]/
/** Of one text, one in another. */
const maxEncodings = 3
/** Made by us for every request, and most of them full of digits. */
const idOfOurs = /^(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\da-f]{32}|[\da-f]{24})$/

/** Whether a member of this name holds a secret, whatever it looks like. */
export function isSecretName(name: string): boolean {
  return secretName.test(name)
}

/**
 * Takes out what looks like a secret: passwords in URLs, bearer tokens, cookies, payment tokens, keys, card numbers, and values
 * with a telling name, as they stand or percent-encoded; and `secrets`, which look like nothing.
 */
export function createRedact(secrets: readonly string[]): Redact {
  const known = secrets.length === 0 ? undefined : new RegExp(secrets.map(RegExp.escape).join('|'), 'g')
  const readable = (text: string): string => {
    let clean = known === undefined ? text : text.replaceAll(known, mask)
    if (suspicious.test(clean)) {
      for (const [pattern, replacement] of patterns) clean = clean.replaceAll(pattern, replacement)
    }
    return manyDigits.test(clean) || beyondAscii.test(clean) ? maskCardNumbers(clean, mask) : clean
  }
  return (text) => {
    if (idOfOurs.test(text) && !secrets.includes(text)) return text
    const decoded = percentDecoded(text)
    const clean = readable(decoded)
    return clean === decoded ? text : clean
  }
}

/** As it was before somebody put it into a URL or form, and that into another; the same text where nobody did. */
export function percentDecoded(text: string): string {
  let decoded = text
  for (let layer = 0; layer < maxEncodings; layer += 1) {
    const inner = decodedOnce(decoded)
    if (inner === decoded) break
    decoded = inner
  }
  return decoded
}

function decodedOnce(text: string): string {
  if (!/%|\d\+\d/.test(text)) return text
  const spaced = text.replaceAll(/(?<=\d)\+(?=\d)/g, ' ')
  return spaced.replaceAll(/(?:%[\da-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded)
    } catch {
      return encoded
    }
  })
}
