import type { Bus } from '#shared/messaging/bus.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import type { OwnRoute } from '../koa/context.ts'
import { parseQuery } from '../routes/parse-request.ts'

/** How long workers may take to answer the discovery, in milliseconds. */
const discoveryMs = 100

export interface HealthParts {
  readonly bus: Bus
  readonly isRedisReady: () => boolean
}

/** The state of the parts behind a gateway. */
export interface Health {
  readonly nats: 'ok' | 'unavailable'
  /** Without Redis answers are slower; the gateway stays ready. */
  readonly redis: 'ok' | 'unavailable'
  /** Running instances by kind of worker. */
  readonly workers: Record<string, number>
}

/** Looks at the connections and counts the workers that answer. */
export async function viewHealth({ bus, isRedisReady }: HealthParts): Promise<Health> {
  const workers: Record<string, number> = { event: 0, booking: 0, purchase: 0 }
  for (const { name } of await bus.discover(discoveryMs)) workers[name] = (workers[name] ?? 0) + 1
  const stateOf = (isOk: boolean) => (isOk ? 'ok' : 'unavailable')
  return { nats: stateOf(bus.connected), redis: stateOf(isRedisReady()), workers }
}

/**
 * `/livez`, `/readyz` (with `?verbose` the state of all parts) and `/metrics`. `exposedMetrics` null: metrics have a port of their own.
 */
export function healthRoutes(
  parts: HealthParts & { readonly exposedMetrics: Metrics | null; readonly isStopping: () => boolean },
): OwnRoute[] {
  const { bus, exposedMetrics, isStopping } = parts
  const live: OwnRoute = {
    method: 'GET',
    path: '/livez',
    middleware: [
      (ctx) => {
        ctx.body = { status: 'alive' }
      },
    ],
  }
  const ready: OwnRoute = {
    method: 'GET',
    path: '/readyz',
    middleware: [
      async (ctx) => {
        const isReady = bus.connected && !isStopping()
        ctx.status = isReady ? 200 : 503
        const details = 'verbose' in parseQuery(ctx.querystring) ? await viewHealth(parts) : {}
        ctx.body = { status: isReady ? 'ready' : 'not ready', ...details }
      },
    ],
  }
  if (exposedMetrics === null) return [live, ready]
  const metrics: OwnRoute = {
    method: 'GET',
    path: '/metrics',
    middleware: [
      async (ctx) => {
        const { contentType, text } = await exposedMetrics.expose(ctx.get('accept'))
        ctx.set('Content-Type', contentType)
        ctx.body = text
      },
    ],
  }
  return [live, ready, metrics]
}
