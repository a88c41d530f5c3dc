import type { IncomingMessage } from 'node:http'
import accepts from 'accepts'
import { RecentMap } from '../recent-map.ts'

/** By the header as it came: clients send few different ones. A longer one is not worth reading. */
const maxLength = 256
const remembered = new RecentMap<boolean>({ size: 500 })

/** Whether the client prefers gzip to the body as it is, or takes both alike. */
export function acceptsGzip(req: IncomingMessage): boolean {
  const header = req.headers['accept-encoding']
  if (typeof header !== 'string' || header.length > maxLength) return false
  const known = remembered.get(header)
  if (known !== undefined) return known
  const prefers = accepts(req).encodings('gzip', 'identity') === 'gzip'
  remembered.set(header, prefers)
  return prefers
}
