import { type FieldError, fieldErrors } from '#shared/errors.ts'
import type { Route } from './route.ts'

/** What the contract of a route asks for, with defaults filled in, or what is wrong with it. */
export type CheckedRequest =
  | { readonly request: Record<string, unknown>; readonly errors?: never }
  | { readonly request?: never; readonly errors: readonly FieldError[] }

/**
 * Puts a request together from the members of its query (GET) or body and the parameters in its path. Undeclared members are errors,
 * so that nothing a client says is silently ignored or left out of a cache key.
 */
export function checkedRequest(
  { contract, method }: Route,
  members: Readonly<Record<string, unknown>>,
  pathParameters: Readonly<Record<string, string>>,
): CheckedRequest {
  for (const name in members) {
    if (Object.hasOwn(pathParameters, name)) return wrong(name, 'stands in the path and nowhere else')
    if (method === 'GET' && Array.isArray(members[name])) return wrong(name, 'is given twice')
  }
  const parsed = contract.request.safeParse({ ...members, ...pathParameters })
  if (!parsed.success) return { errors: fieldErrors(parsed.error) }
  return { request: parsed.data as Record<string, unknown> }
}

function wrong(name: string, detail: string): CheckedRequest {
  return { errors: [{ pointer: `/${name}`, detail }] }
}
