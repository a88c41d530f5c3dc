import { inTrace } from '#shared/observability/tracing.ts'
import type { Middleware } from './state.ts'

/** From here on everything that is called knows its trace. What is answered from memory calls nothing, and comes before. */
export function enterTrace(): Middleware {
  return (ctx, next) => inTrace(ctx.state.trace, next)
}
