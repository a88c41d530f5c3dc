import { parse } from 'node:querystring'
import { matchRead } from '../routes/match-read.ts'
import { type ReadOfRoute, readOfRoute } from '../routes/read-of-route.ts'
import { isShareable } from '../routes/route.ts'

/** Of what proxies and old clients may write beside it, such as a whole URL or a fragment, Koa knows more. */
const usualTarget = /^\/[!-"$-~]*$/

/**
 * What a GET of this URL, as it came, asks for when it is a public read without fault. `undefined`: the layers have to look at it, and
 * say what is wrong.
 */
export function readAt(url: string): ReadOfRoute | undefined {
  if (!usualTarget.test(url)) return undefined
  const queryAt = url.indexOf('?')
  const matched = matchRead(queryAt === -1 ? url : url.slice(0, queryAt))
  if (matched === undefined || !isShareable(matched.route)) return undefined
  const { route, params } = matched
  const query = queryAt === -1 ? {} : parse(url.slice(queryAt + 1))
  for (const name in query) if (Array.isArray(query[name]) || name in params) return undefined
  const checked = route.contract.request.safeParse({ ...query, ...params })
  if (!checked.success) return undefined
  const read = readOfRoute(route, checked.data as Record<string, unknown>)
  return read.minSeq === null ? read : undefined
}
