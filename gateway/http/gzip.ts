import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import accepts from 'accepts'
import { LRUCache } from 'lru-cache'

const compress = promisify(gzip)

/** Smaller bodies are not compressed: the head of an answer is larger than what that saves. */
export const minCompressBytes = 1_024

/** The gzip form of a body where it is smaller, else undefined. */
export async function gzipped(body: Buffer): Promise<Buffer | undefined> {
  if (body.byteLength < minCompressBytes) return undefined
  const bytes = await compress(body)
  return bytes.byteLength < body.byteLength ? bytes : undefined
}

/** Clients send few different headers; longer ones are not worth parsing. */
const maxAcceptEncodingLength = 256
const preferences = new LRUCache<string, boolean>({ max: 500 })

/** Whether the client accepts gzip at least as gladly as no encoding. */
export function prefersGzip(req: IncomingMessage): boolean {
  const header = req.headers['accept-encoding']
  if (typeof header !== 'string' || header.length > maxAcceptEncodingLength) return false
  const known = preferences.get(header)
  if (known !== undefined) return known
  const prefers = accepts(req).encodings('gzip', 'identity') === 'gzip'
  preferences.set(header, prefers)
  return prefers
}
