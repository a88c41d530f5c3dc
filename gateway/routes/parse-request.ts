import { parse } from 'node:querystring'
import { checkRequest } from '#shared/check-request.ts'
import type { Contract } from '#shared/contracts/contract.ts'
import { invalidRequest } from '#shared/errors.ts'
import type { Route } from './route.ts'

/** The parameters of a query; a repeated name has all its values. */
export type QueryParameters = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * Parses a query without its question mark. Koa's `ctx.query` takes quadratic time in the number of parameters: 15 s for the longest URL
 * that the gateway accepts.
 */
export function parseQuery(query: string): QueryParameters {
  return parse(query, '&', '=', { maxKeys: 0 })
}

/**
 * The request of a route's contract, with defaults, made of the query (GET) or the body and the path parameters. Undeclared members are
 * errors, so none is ignored silently or missing from a cache key. Throws `validation_failed`.
 */
export function parseRequest(
  { contract, method }: { readonly contract: Pick<Contract, 'request'>; readonly method: Route['method'] },
  members: Readonly<Record<string, unknown>>,
  pathParameters: Readonly<Record<string, string>>,
): Record<string, unknown> {
  for (const name in members) {
    if (Object.hasOwn(pathParameters, name)) throw wrong(name, 'is already in the path; leave it out of query and body')
    if (method === 'GET' && Array.isArray(members[name])) throw wrong(name, 'is given more than once; give it once')
  }
  return checkRequest(contract.request, { ...members, ...pathParameters }) as Record<string, unknown>
}

function wrong(name: string, detail: string): Error {
  return invalidRequest([{ pointer: `/${name}`, detail }])
}
