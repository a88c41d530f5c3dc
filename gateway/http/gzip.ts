import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import accepts from 'accepts'
import { LRUCache } from 'lru-cache'

const compress = promisify(gzip)

/** Smaller bodies are sent as they are: compression would save less than the size of an answer's head. */
export const minCompressBytes = 1_024

/** The gzip form of a body if it is smaller, else undefined. */
export async function gzipped(body: Buffer): Promise<Buffer | undefined> {
  if (body.byteLength < minCompressBytes) return undefined
  const bytes = await compress(body)
  return bytes.byteLength < body.byteLength ? bytes : undefined
}

/** Clients send few different headers; a longer one is not parsed. */
const maxAcceptEncodingLength = 256
const preferences = new LRUCache<string, boolean>({ max: 500 })

/** Whether the client prefers gzip to no encoding, or accepts both equally. */
export function prefersGzip(req: IncomingMessage): boolean {
  const header = req.headers['accept-encoding']
  if (typeof header !== 'string' || header.length > maxAcceptEncodingLength) return false
  const known = preferences.get(header)
  if (known !== undefined) return known
  const prefers = accepts(req).encodings('gzip', 'identity') === 'gzip'
  preferences.set(header, prefers)
  return prefers
}
