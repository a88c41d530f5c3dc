import type { Middleware } from './state.ts'

/** Tells the outermost layer which route answers, for span, log and metric. */
export function nameEndpoint(path: string): Middleware {
  return (ctx, next) => {
    ctx.state.endpoint = path
    return next()
  }
}
