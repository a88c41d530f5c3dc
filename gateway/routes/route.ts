import type { Contract, ReplyOf } from '#shared/contracts/contract.ts'
import type { Access } from '../identity/identify.ts'
import type { RateClass } from '../limits/quota.ts'
import type { CachePolicy } from './cache-policy.ts'

/** Statuses of successful operations; a 204 has no body. */
export type SuccessStatus = 200 | 201 | 202 | 204

/** Status and Location of an answer; without a status, the first of the route's `successes`. */
export interface Outcome<Status extends SuccessStatus = SuccessStatus> {
  readonly status?: Status
  readonly location?: string
}

/** The rate class of a request; a function where it depends on the body. Undefined: there is one, to be read once it is admitted. */
export type RateClassRule = RateClass | ((body: Record<string, unknown> | undefined) => RateClass)

/**
 * One operation over HTTP: validation, limits, caching, OpenAPI and metric labels follow from this declaration. The request of the
 * contract consists of the path parameters, named like its members, and the query (GET) or the JSON body (all other methods).
 */
export interface Route<C extends Contract = Contract, Status extends SuccessStatus = SuccessStatus> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Path template of @koa/router; also the label `endpoint` of metrics. */
  readonly path: string
  readonly contract: C
  /** `public` routes answer everybody alike and declare no `user_id`. */
  readonly access: Access
  readonly limit: RateClassRule
  /** For how long the answer may be cached. Only for public GET routes. */
  readonly cache?: CachePolicy
  /** The answer has the position from which on the stream of seats goes on from it. */
  readonly tellsPosition?: true
  /**
   * The request takes a hold, `alone` or in a purchase that names none (`with payment`). While workers are overloaded, it is refused so
   * that buyers who have a hold can pay.
   */
  readonly takesHold?: 'alone' | 'with payment'
  /** Outside demo mode the Idempotency-Key is required. */
  readonly needsIdempotencyKey?: boolean
  /** The request that an empty body stands for in demo mode. */
  readonly demoBody?: Record<string, unknown>
  /** All statuses of a success, the usual one first. Default: 200. */
  readonly successes?: readonly [Status, ...Status[]]
  /**
   * For a command that may be under way although its worker died: the answer is then 202, with a body of this contract's reply.
   * In demo mode, a request without an Idempotency-Key gets one, because the end is found by it.
   */
  readonly unanswered?: { readonly contract: Contract; of(idempotencyKey: string): Unanswered }
  /** Status and Location, where they depend on the reply. */
  readonly outcome?: (reply: ReplyOf<C>) => Outcome<NoInfer<Status>>
}

/** Where the end of a command can be read that its worker did not answer in time, and what its caller is told meanwhile. */
export interface Unanswered {
  readonly location: string
  readonly body: Record<string, unknown>
}

/** The parameters of a DELETE stand in its path. */
export const methodsWithBody: readonly string[] = ['POST', 'PATCH']

/** A route whose answers may be cached; without a body, its rate class is fixed. */
export type CacheableRoute = Route & { readonly cache: CachePolicy; readonly limit: RateClass }

export function isCacheable(route: Route): route is CacheableRoute {
  return route.cache !== undefined && typeof route.limit === 'string'
}

/** Declares a route, with `outcome` typed by its contract and its `successes`. */
export function defineRoute<C extends Contract, Status extends SuccessStatus = 200>(route: Route<C, Status>): Route {
  // Safe: `outcome` only ever gets replies of this contract.
  return route as unknown as Route
}

/** All statuses of a route's successes, the usual one first. */
export function successesOf({ successes = [200] }: Route): readonly [SuccessStatus, ...SuccessStatus[]] {
  return successes
}
