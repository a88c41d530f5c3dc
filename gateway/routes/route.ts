import type { Contract, ParsedRequestOf, ReplyOf } from '#shared/contracts/contract.ts'
import type { Access } from '../identity/identify.ts'
import type { RateClass } from '../limits/quota.ts'
import type { CachePolicy } from './cache-policy.ts'

/** Statuses of successful operations; a 204 has no body. */
export type SuccessStatus = 200 | 201 | 202 | 204

/** Status and Location of an answer. Default status: the first of the route's `successes`. */
export interface Outcome<Status extends SuccessStatus = SuccessStatus> {
  readonly status?: Status
  readonly location?: string
}

/** The rate class of a request; a function if it depends on the body. A body of undefined means that it is not read yet. */
export type RateClassRule = RateClass | ((body: Record<string, unknown> | undefined) => RateClass)

/**
 * One operation over HTTP. Validation, limits, caching, OpenAPI and metric labels follow from this declaration. The contract's request
 * consists of the path parameters, named like its members, and of the query (GET) or the JSON body (other methods).
 */
export interface Route<C extends Contract = Contract, Status extends SuccessStatus = SuccessStatus> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path template of @koa/router; also the label `endpoint` of metrics. */
  readonly path: string
  readonly contract: C
  /** Its name in the OpenAPI document, if another route has the same contract. Default: that of the operation. */
  readonly operationId?: string
  /** `public` routes give everybody the same answer and declare no `user_id`. */
  readonly access: Access
  readonly limit: RateClassRule
  /** How long the answer may be cached. Only for public GET routes. */
  readonly cache?: CachePolicy
  /** The answer carries the position from which the stream of seats continues. */
  readonly tellsPosition?: true
  /**
   * The request takes a hold: `alone`, or `with payment` in a purchase that names no hold. While workers are overloaded it is refused, so
   * that buyers with a hold can pay.
   */
  readonly takesHold?: 'alone' | 'with payment'
  /** The event whose places the request takes, if any. If the event has a waiting room, the request needs a pass. */
  readonly takesPlacesOf?: (request: ParsedRequestOf<C>) => string | undefined
  /** The Idempotency-Key is required, except in demo mode. */
  readonly needsIdempotencyKey?: boolean
  /** In demo mode: the request that an empty body means. */
  readonly demoBody?: Record<string, unknown>
  /** All statuses of a success, the usual one first. Default: 200. */
  readonly successes?: readonly [Status, ...Status[]]
  /**
   * For a command that may continue although its worker died: the answer is then 202 with a body of this contract's reply. In demo mode a
   * request without an Idempotency-Key gets one, because the result is found by it.
   */
  readonly unanswered?: { readonly contract: Contract; of(idempotencyKey: string): Unanswered }
  /** Browsers save the answer as a file of this name. */
  readonly fileName?: string
  /** Status and Location, if they depend on the reply. */
  readonly outcome?: (reply: ReplyOf<C>) => Outcome<NoInfer<Status>>
}

/** Where to read the result of a command whose worker did not answer in time, and the answer until then. */
export interface Unanswered {
  readonly location: string
  readonly body: Record<string, unknown>
}

/** A DELETE has all its parameters in the path. */
export const methodsWithBody: readonly string[] = ['POST', 'PUT', 'PATCH']

/** A route whose answers may be cached. It has no body, so its rate class is fixed. */
export type CacheableRoute = Route & { readonly cache: CachePolicy; readonly limit: RateClass }

/** Whether answers of a route may be cached. */
export function isCacheable(route: Route): route is CacheableRoute {
  return route.cache !== undefined && typeof route.limit === 'string'
}

/** Declares a route, with `outcome` typed by its contract and its `successes`. */
export function defineRoute<C extends Contract, Status extends SuccessStatus = 200>(route: Route<C, Status>): Route {
  // Safe: `outcome` only ever gets replies of this contract.
  return route as unknown as Route
}

/** All success statuses of a route, the usual one first. */
export function successesOf({ successes = [200] }: Route): readonly [SuccessStatus, ...SuccessStatus[]] {
  return successes
}
