import { RecentMap } from '../recent-map.ts'
import type { Context } from './state.ts'

/** By the header as it came: clients send few different ones. */
const remembered = new RecentMap<boolean>({ size: 500, maxKeyLength: 200 })

/** Whether the client prefers gzip to the body as it is, or takes both alike. */
export function acceptsGzip(ctx: Context): boolean {
  const header = ctx.req.headers['accept-encoding']
  if (header === undefined) return false
  const known = remembered.get(header as string)
  if (known !== undefined) return known
  const accepts = ctx.acceptsEncodings('gzip', 'identity') === 'gzip'
  remembered.set(header as string, accepts)
  return accepts
}
