import type { TicketingError } from '#shared/errors.ts'
import { fieldErrors, invalidRequest } from '#shared/field-errors.ts'
import type { Dependencies } from '../dependencies.ts'
import type { Route } from '../routes/route.ts'
import type { Context } from './state.ts'

/**
 * The request of the route's contract, checked, with defaults filled in: path parameters, and query (GET) or body.
 * Undeclared members are refused, so that nothing a client says is silently ignored or left out of a cache key.
 */
export function readRequest(ctx: Context, route: Route, { identity }: Dependencies): Record<string, unknown> {
  const pathParameters = ctx.params as Record<string, string>
  const members = route.method === 'GET' ? queryParameters(ctx, route) : bodyMembers(ctx, route)
  const isDemo = route.demoBody !== undefined && identity.mode === 'demo' && Object.keys(ctx.state.body).length === 0
  const { demoBody = {} } = route
  for (const name of Object.keys(pathParameters)) {
    if (name in members) throw invalid(name, 'stands in the path and nowhere else')
  }
  const parsed = route.contract.request.safeParse({ ...(isDemo ? demoBody : members), ...pathParameters })
  if (parsed.success) return parsed.data as Record<string, unknown>
  throw invalidRequest(fieldErrors(parsed.error))
}

function queryParameters(ctx: Context, route: Route): Record<string, unknown> {
  const parameters = Object.entries(ctx.query).filter(([name]) => name !== 'user_id' || route.access !== 'caller')
  const repeated = parameters.find(([, value]) => Array.isArray(value))
  if (repeated !== undefined) throw invalid(repeated[0], 'is given twice')
  return Object.fromEntries(parameters)
}

function bodyMembers(ctx: Context, route: Route): Record<string, unknown> {
  const isCaller = route.access === 'caller'
  for (const name of Object.keys(ctx.query)) {
    if (name !== 'user_id' || !isCaller) throw invalid(name, 'is not a known parameter')
  }
  const { user_id: _claimed, ...others } = ctx.state.body
  return isCaller ? others : ctx.state.body
}

function invalid(name: string, detail: string): TicketingError {
  return invalidRequest([{ pointer: `/${name}`, detail }])
}
