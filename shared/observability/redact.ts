import { maskCardNumbers } from '#shared/card-numbers.ts'

export type Redact = (text: string) => string

export const mask = '[redacted]'

const headerWords = 'cookie|authorization'
/** A name that ends in one of these holds a secret. */
const secretWords = `${headerWords}|pass(?:w(?:or)?d)?|pwd|secret|token|api[-_]?key|(?:organiser|door)[-_]?key|signature|card[-_]?number|cvc|cvv`

const secretName = new RegExp(`(?:${secretWords})$`, 'i')

/** Matches every text that a pattern below changes. Most texts need only this one test. */
const suspicious = new RegExp(
  String.raw`:\/\/|bearer|basic|${secretWords}|eyJ|(?:org|door|tok|pm|[spr]k_live|[spr]k_test|whsec)_`,
  'i',
)

/** A quoted text. Its end has the same number of backslashes as its beginning: JSON may be nested in JSON. */
const quoted = String.raw`(?<quote>\\{0,7}["'])(?:(?!(?<!\\)\k<quote>)[^])*(?:\k<quote>)?`
/** A list or object up to its end; an end within a quoted text does not count. */
const nested = String.raw`[[{](?:${quoted}|[^\]}"'])*`
const bare = String.raw`[^\s"'&;,}]`

/** Repetitions are bounded where they could fail late, so that no text makes them slow. */
const patterns: readonly (readonly [RegExp, string])[] = [
  // A password may hold an unencoded slash or at sign. After a port, only web pages have an at sign, in their path.
  [/(?<!https?):\/\/[^\s:/?#@"']{0,256}:[^\s"']{0,512}@/gi, `://${mask}@`],
  [/:\/\/[^\s:/?#@"']{0,256}:(?!\d{1,5}(?:[/?#\s]|$))[^\s"']{0,512}@/g, `://${mask}@`],
  [/:\/\/[^\s/?#"']{0,512}@/g, `://${mask}@`],
  // Headers, to the end of the line.
  [new RegExp(String.raw`((?:${headerWords})\\?["']?\s{0,3}[:=]).+`, 'gi'), `$1 ${mask}`],
  [/\b(bearer|basic)\s{1,3}[\w.~+/=-]{6,}/gi, `$1 ${mask}`],
  [/eyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g, mask],
  [/((?:org|door)_)[\x21-\x7e]{8,}/g, `$1${mask}`],
  [/((?:tok|pm|[spr]k_live|[spr]k_test|whsec)_)\w+/g, `$1${mask}`],
  [
    new RegExp(
      String.raw`((?:${secretWords})\\{0,7}["'\]]{0,2}\s{0,3}[:=]\s{0,3})(?:(?:${quoted}|${nested})${bare}*|${bare}+)`,
      'gi',
    ),
    `$1${mask}`,
  ],
]

/** Card numbers have at least 14 digits. */
const manyDigits = /\d(?:\D{0,3}\d){13}/
const beyondAscii = /[\u0080-\uffff]/
/** Percent-encodings may be nested. */
const maxEncodings = 3
/** Ids that our code creates for every request. */
const idOfOurs = /^(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\da-f]{32}|[\da-f]{24})$/

/** Whether a field or setting of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return secretName.test(name)
}

/** Creates a function that replaces everything that looks like a secret, plain or percent-encoded, and the given `secrets`. */
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

/** Undoes percent-encoding, up to three times; form-encoded blanks are decoded between digits only. */
function percentDecoded(text: string, layers = maxEncodings): string {
  const decoded = decodedOnce(text)
  return decoded === text || layers === 1 ? decoded : percentDecoded(decoded, layers - 1)
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

/** Settings such as STRIPE_KEY; a public key is no secret. */
const keyName = /(?<!public_?)key$/i
/** In each URL of a list of nodes. The whole list is not a URL. */
const userAndPassword = /:\/\/(?<username>[^\s:/@]*):(?<password>[^\s@/]+)@/g
/** A shorter one would also occur in harmless words. */
const shortestSecret = 6

/** The settings that hold a secret by their name, and the passwords in connection strings. */
export function secretsOf(settings: object): string[] {
  const found = Object.entries(settings).flatMap(([name, value]) => {
    if (typeof value === 'object' && value !== null) return secretsOf(value)
    if (typeof value !== 'string') return []
    return isSecretName(name) || keyName.test(name) ? [value] : passwordsIn(value)
  })
  // Texts are redacted in decoded form.
  const secrets = new Set(found.flatMap((secret) => [secret, percentDecoded(secret)]))
  return [...secrets].filter((secret) => secret.length >= shortestSecret)
}

/** Passwords, except those equal to their user's name: redacting those would remove the name from every message. */
function passwordsIn(text: string): string[] {
  const urls = [URL.parse(text), ...[...text.matchAll(userAndPassword)].map(({ groups }) => groups)]
  return urls.flatMap((url) => (url?.password && url.password !== url.username ? [url.password] : []))
}
