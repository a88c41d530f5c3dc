import { callRaw } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import { inTrace } from '#shared/observability/tracing.ts'
import type { Ask } from '../cache/reply-cache.ts'
import type { Dependencies } from '../dependencies.ts'
import type { ShareableRoute } from '../routes/route.ts'
import type { Exchange } from './exchange.ts'

/** Asks the worker of a shareable route. Everybody gets what is answered: it is asked for in nobody's name. */
export function askWorker(
  { state }: Exchange,
  route: ShareableRoute,
  request: Record<string, unknown>,
  { bus }: Pick<Dependencies, 'bus'>,
): ReturnType<Ask> {
  const context = {
    requestId: state.requestId,
    caller: anonymous,
    deadlineAt: performance.now() + route.contract.deadlineMs,
  }
  return inTrace(state.trace, () => callRaw(bus, route.contract, request, context))
}
