import type { Contract, ReplyOf } from '#shared/contracts/contract.ts'
import type { Access } from '../identity/identify.ts'
import type { RateClass } from '../limits/rate-classes.ts'

/** How an answer looks beyond its body. */
export interface Outcome {
  readonly status: number
  readonly location?: string
}

/** What a request is limited as; a function where an empty body means something else. */
export type LimitRule = RateClass | ((body: Record<string, unknown>) => RateClass)

/**
 * One operation over HTTP, in one declaration: validation, limits, caching, OpenAPI and metric labels follow from it.
 * The request of the contract is put together from the parameters in the path, which bear the names of its members, and
 * from the query (GET) or the JSON body (everything else).
 */
export interface Route<C extends Contract = Contract> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Path template in the form of @koa/router; also the label `endpoint` of metrics. */
  readonly path: string
  readonly contract: C
  /** `public` routes answer everybody the same and declare no `user_id`. */
  readonly access: Access
  readonly limit: LimitRule
  /** Milliseconds for which the answer may be shared. Only for public GET routes. */
  readonly shareForMs?: number
  /** Writes that must be told apart from their repetition: outside demo mode the Idempotency-Key is required. */
  readonly needsIdempotencyKey?: boolean
  /** What an empty body stands for in demo mode. */
  readonly demoBody?: Record<string, unknown>
  /** Status and Location of a success; 200 without. A 204 sends no body. */
  readonly outcome?: (reply: ReplyOf<C>) => Outcome
}

/** Declares a route; keeps the type of its contract until it joins the others. */
export function defineRoute<C extends Contract>(route: Route<C>): Route {
  // The gateway parses a reply before it asks for its outcome, so forgetting the exact type here is safe.
  return route as unknown as Route
}
