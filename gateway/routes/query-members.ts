import { parse } from 'node:querystring'

/** What stands in a query; a name that is given several times has all its values. */
export type QueryMembers = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * Reads a query as it came, without the question mark. Instead of Koa's `ctx.query`, which takes time by the square of what it finds:
 * seconds for the longest URL there may be, in which this gateway would answer nobody.
 */
export function queryMembers(query: string): QueryMembers {
  return parse(query, '&', '=', { maxKeys: 0 })
}
