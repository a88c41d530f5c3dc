import type { Contract, ReplyOf } from '#shared/contracts/contract.ts'
import type { SharePolicy } from '../cache/share-policy.ts'
import type { Access } from '../identity/identify.ts'
import type { RateClass } from '../limits/rate-classes.ts'

/** Statuses by which an operation may succeed; a 204 sends no body. */
export type SuccessStatus = 200 | 201 | 202 | 204

/** How an answer looks beyond its body; the first of the route's `successes` unless it names another one. */
export interface Outcome<Status extends SuccessStatus = SuccessStatus> {
  readonly status?: Status
  readonly location?: string
}

/** What a request is limited as; a function where an empty body means something else. */
export type LimitRule = RateClass | ((body: Record<string, unknown>) => RateClass)

/**
 * One operation over HTTP, in one declaration: validation, limits, caching, OpenAPI and metric labels follow from it.
 * The request of the contract is put together from the parameters in the path, which bear the names of its members, and
 * from the query (GET) or the JSON body (everything else).
 */
export interface Route<C extends Contract = Contract, Status extends SuccessStatus = SuccessStatus> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Path template in the form of @koa/router; also the label `endpoint` of metrics. */
  readonly path: string
  readonly contract: C
  /** `public` routes answer everybody the same and declare no `user_id`. */
  readonly access: Access
  readonly limit: LimitRule
  /** How the answer may be shared. Only for public GET routes. */
  readonly share?: SharePolicy
  /** Writes that must be told apart from their repetition: outside demo mode the Idempotency-Key is required. */
  readonly needsIdempotencyKey?: boolean
  /** What an empty body stands for in demo mode. */
  readonly demoBody?: Record<string, unknown>
  /** All statuses of a success, the usual one first; 200 without. */
  readonly successes?: readonly [Status, ...Status[]]
  /** Which of them, and the Location, where these depend on the reply. */
  readonly outcome?: (reply: ReplyOf<C>) => Outcome<NoInfer<Status>>
}

/** A route whose answers may be shared: it has no body that could change how it is limited. */
export type ShareableRoute = Route & { readonly share: SharePolicy; readonly limit: RateClass }

export function isShareable(route: Route): route is ShareableRoute {
  return route.share !== undefined && typeof route.limit === 'string'
}

/** Declares a route; keeps the type of its contract, and the statuses it may choose from, until it joins the others. */
export function defineRoute<C extends Contract, Status extends SuccessStatus = 200>(route: Route<C, Status>): Route {
  // The gateway parses a reply before it asks for its outcome, so forgetting the exact type here is safe.
  return route as unknown as Route
}

/** All statuses by which a route succeeds, the usual one first. */
export function successesOf({ successes = [200] }: Route): readonly [SuccessStatus, ...SuccessStatus[]] {
  return successes
}
