import type { Bus } from '#shared/messaging/bus.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import type { OwnRoute } from '../koa/context.ts'
import { parseQuery } from '../routes/parse-request.ts'

/** How long workers may take to answer the discovery, in milliseconds. */
const discoveryMs = 100
/** The same, when a kind of worker did not answer the first time: a busy one may be late. */
const secondDiscoveryMs = 1_000

export interface HealthParts {
  readonly bus: Bus
  readonly isRedisReady: () => boolean
}

/** The state of the parts on which a gateway depends. */
export interface Health {
  readonly nats: 'ok' | 'unavailable'
  /** Without Redis answers are slower; the gateway stays ready. */
  readonly redis: 'ok' | 'unavailable'
  /** Running instances by kind of worker. */
  readonly workers: Record<string, number>
  /** Parts that selling needs and that do not answer: `nats`, `booking worker`. */
  readonly unavailable: readonly string[]
}

/** Checks the connections and counts the workers that answer. */
export async function viewHealth({ bus, isRedisReady }: HealthParts): Promise<Health> {
  const first = await countWorkers(bus, discoveryMs)
  const workers = missingKinds(first).length === 0 ? first : await countWorkers(bus, secondDiscoveryMs)
  const stateOf = (isOk: boolean) => (isOk ? 'ok' : 'unavailable')
  const missing = missingKinds(workers).map((kind) => `${kind} worker`)
  return {
    nats: stateOf(bus.connected),
    redis: stateOf(isRedisReady()),
    workers,
    unavailable: bus.connected ? missing : ['nats', ...missing],
  }
}

async function countWorkers(bus: Bus, withinMs: number): Promise<Record<string, number>> {
  const workers: Record<string, number> = { event: 0, booking: 0, purchase: 0 }
  for (const { name } of await bus.discover(withinMs)) workers[name] = (workers[name] ?? 0) + 1
  return workers
}

function missingKinds(workers: Readonly<Record<string, number>>): string[] {
  return Object.keys(workers).filter((kind) => workers[kind] === 0)
}

/**
 * `/livez`, `/readyz` and `/metrics`. `exposedMetrics` null: another port serves the metrics.
 *
 * `/readyz` tells a load balancer whether to send requests here. Workers do not count: without one kind of them a gateway still answers
 * other reads, and all gateways are equally affected. `/readyz?verbose` tells an operator whether the system can sell, with the state of
 * all parts.
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
        const health = 'verbose' in parseQuery(ctx.querystring) ? await viewHealth(parts) : null
        const isReady = bus.connected && !isStopping() && (health?.unavailable ?? []).length === 0
        ctx.status = isReady ? 200 : 503
        ctx.body = { status: isReady ? 'ready' : 'not ready', ...health }
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
