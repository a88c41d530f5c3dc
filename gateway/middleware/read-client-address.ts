import type { Dependencies } from '../dependencies.ts'
import type { Middleware } from './state.ts'

/** Notes the address that limits count, found behind trusted proxies. */
export function readClientAddress({ clientAddresses }: Dependencies): Middleware {
  return (ctx, next) => {
    ctx.state.client = clientAddresses.clientOf(ctx.req.socket.remoteAddress ?? '', ctx.get('x-forwarded-for'))
    return next()
  }
}
