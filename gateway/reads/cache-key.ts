import { hash } from 'node:crypto'

/** Increased when the format of stored replies changes, so that new gateways never read replies of old ones. */
const formatVersion = 5

/** Longer parameters, such as a thousand ids, are replaced in the key by their SHA-256. */
const maxReadableLength = 256

/**
 * Cache key: endpoint and all declared parameters, sorted, each name and value percent-encoded. So different parameters never share a key
 * (`a=1&b=2` is not `a=1%26b%3D2`), and their order does not matter.
 */
export function cacheKey(endpoint: string, parameters: Record<string, unknown>): string {
  const pairs = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
    .join('&')
  // No encoded parameter contains `#`.
  const readable = pairs.length <= maxReadableLength ? pairs : `#${hash('sha256', pairs, 'base64url')}`
  return `reply:${formatVersion}:${endpoint}?${readable}`
}
