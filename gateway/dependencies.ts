import type Logger from 'bunyan'
import type { Bus } from '#shared/messaging/bus.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import type { ReplyCache } from './cache/reply-cache.ts'
import type { ClientAddresses } from './client-address.ts'
import type { RecentRequests } from './fast-path/recent-requests.ts'
import type { IdentifyOptions } from './identity/identify.ts'
import type { IssueToken } from './identity/tokens.ts'
import type { LeasedLimits } from './limits/leased-limits.ts'
import type { RequestLimits } from './limits/request-limit.ts'
import type { GatewayMetrics } from './metrics.ts'

/** All that the application needs from outside; `main.ts` opens it, tests hand in their own. */
export interface Dependencies {
  readonly instance: string
  readonly log: Logger
  readonly bus: Bus
  readonly replies: ReplyCache
  /** What is told of limits, and asked of `leasedLimits`; null: requests are not limited. */
  readonly limits: RequestLimits | null
  readonly leasedLimits: LeasedLimits
  /** What the fast path goes by. */
  readonly recentRequests: RecentRequests
  readonly metrics: GatewayMetrics
  /** What `/metrics` tells; null: it has a port of its own. */
  readonly exposedMetrics: Metrics | null
  readonly identity: IdentifyOptions
  /** null: this gateway issues no tokens (AUTH=jwt). */
  readonly issueToken: IssueToken | null
  readonly clientAddresses: ClientAddresses
  readonly isRedisReady: () => boolean
  /** True from the signal to stop: not ready, and connections are closed after their answer. */
  readonly isStopping: () => boolean
}
