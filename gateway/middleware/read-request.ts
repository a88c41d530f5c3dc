import { invalidRequest } from '#shared/errors.ts'
import type { Dependencies } from '../dependencies.ts'
import { checkedRequest } from '../routes/checked-request.ts'
import { queryMembers } from '../routes/query-members.ts'
import type { Route } from '../routes/route.ts'
import type { Context } from './state.ts'

/** The request of the route's contract, see `checkedRequest`. Throws `validation_failed`. */
export function readRequest(ctx: Context, route: Route, { identity }: Dependencies): Record<string, unknown> {
  const members = route.method === 'GET' ? queryParameters(ctx, route) : bodyMembers(ctx, route)
  const isDemo = route.demoBody !== undefined && identity.mode === 'demo' && Object.keys(ctx.state.body).length === 0
  const { demoBody = {} } = route
  const { request, errors } = checkedRequest(route, isDemo ? demoBody : members, ctx.params as Record<string, string>)
  if (errors !== undefined) throw invalidRequest(errors)
  return request
}

function queryParameters(ctx: Context, route: Route): Record<string, unknown> {
  const members = queryMembers(ctx.querystring)
  if (route.access !== 'caller') return members
  const { user_id: _claimed, ...others } = members
  return others
}

function bodyMembers(ctx: Context, route: Route): Record<string, unknown> {
  const isCaller = route.access === 'caller'
  for (const name of Object.keys(queryMembers(ctx.querystring))) {
    if (name === 'user_id' && isCaller) continue
    throw invalidRequest([{ pointer: `/${name}`, detail: 'is not a known parameter' }])
  }
  const { user_id: _claimed, ...others } = ctx.state.body
  return isCaller ? others : ctx.state.body
}
