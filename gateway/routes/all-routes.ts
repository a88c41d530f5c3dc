import { eventRoutes } from './events.ts'
import { organisingRoutes } from './organising.ts'
import type { Route } from './route.ts'
import { sellingRoutes } from './selling.ts'

/** Every operation that a contract stands behind, in the order in which the documentation shows them. */
export const allRoutes: readonly Route[] = [...eventRoutes, ...sellingRoutes, ...organisingRoutes]
