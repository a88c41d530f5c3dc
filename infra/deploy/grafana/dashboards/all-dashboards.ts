import { cacheMonitoring } from './cache-monitoring.ts'
import type { Dashboard } from './dashboard.ts'
import { httpRoutes } from './http-routes.ts'
import { invariants } from './invariants.ts'
import { messagesAndWorkers } from './messages-and-workers.ts'
import { serviceObjectives } from './objectives.ts'
import { selling } from './selling.ts'

/** In the order in which an operator would open them. */
export const allDashboards: readonly Dashboard[] = [
  serviceObjectives,
  httpRoutes,
  messagesAndWorkers,
  selling,
  invariants,
  cacheMonitoring,
]
