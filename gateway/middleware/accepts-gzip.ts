import { RecentMap } from '../recent-map.ts'
import type { Context } from './state.ts'

/** By the header as it came: clients send few different ones. A longer one is not worth reading. */
const maxLength = 256
const remembered = new RecentMap<boolean>({ size: 500 })

/** Whether the client prefers gzip to the body as it is, or takes both alike. */
export function acceptsGzip(ctx: Context): boolean {
  const header = ctx.req.headers['accept-encoding']
  if (typeof header !== 'string' || header.length > maxLength) return false
  const known = remembered.get(header)
  if (known !== undefined) return known
  const accepts = ctx.acceptsEncodings('gzip', 'identity') === 'gzip'
  remembered.set(header, accepts)
  return accepts
}
