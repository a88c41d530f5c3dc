import { hash } from 'node:crypto'

/** Raised when the form of stored entries changes, so that a new gateway never reads what an old one wrote. */
const formatVersion = 2

/** Longer parameters, such as a thousand ids, stand in the key by their SHA-256. */
const maxReadableLength = 256

/**
 * Key of a shareable reply: endpoint and all declared parameters, sorted, each name and value percent-encoded, so that
 * two different sets of parameters never meet (`a=1&b=2` is not `a=1%26b%3D2`) and the order of a URL does not matter.
 */
export function cacheKey(endpoint: string, parameters: Record<string, unknown>): string {
  const pairs = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${encoded(name)}=${encoded(String(value))}`)
    .join('&')
  // `#` occurs in no encoded parameter.
  const told = pairs.length <= maxReadableLength ? pairs : `#${hash('sha256', pairs, 'base64url')}`
  return `reply:${formatVersion}:${endpoint}?${told}`
}

/** As `encodeURIComponent`, which takes a microsecond even where there is nothing to do. */
function encoded(text: string): string {
  return /^[\w.~-]*$/.test(text) ? text : encodeURIComponent(text)
}
