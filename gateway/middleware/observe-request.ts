import { TicketingError } from '#shared/errors.ts'
import type { Dependencies } from '../dependencies.ts'
import { beginExchange, observe } from '../exchange/observe.ts'
import type { Context, Middleware } from './state.ts'

const noBody = {}

/** The outermost layer: whatever is answered is observed. */
export function observeRequest(dependencies: Dependencies): Middleware {
  const { metrics } = dependencies
  return async (ctx, next) => {
    Object.assign(ctx.state, beginExchange(ctx.req, { endpoint: '(none)', mayRecordNew: true }), { body: noBody })
    metrics.requestBegan()
    const answer = (): Promise<void> => {
      refuseStrangeTarget(ctx)
      return next()
    }
    try {
      await observe(ctx, answer, dependencies)
    } finally {
      metrics.requestEnded()
    }
  }
}

/** A path, or a whole URL as proxies send it; what else a request line may hold, the layers below could not read. */
function refuseStrangeTarget({ req: { url = '' } }: Context): void {
  if (url.startsWith('/') || (/^https?:\/\//i.test(url) && URL.canParse(url))) return
  throw new TicketingError('validation_failed', 'This request target is not valid.')
}
