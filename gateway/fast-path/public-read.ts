import { checkedRequest } from '../routes/checked-request.ts'
import { type MatchedRead, matchRead } from '../routes/match-read.ts'
import { queryMembers } from '../routes/query-members.ts'
import { type ReadOfRoute, readOfRoute } from '../routes/read-of-route.ts'
import { isShareable, type ShareableRoute } from '../routes/route.ts'

/** A request to a route whose answers may be shared. Its query was not looked at. */
export interface PublicRead extends MatchedRead {
  readonly route: ShareableRoute
  /** As it came, without the question mark. */
  readonly query: string
}

/** Whole URLs, as proxies send them, fragments and whatever is no visible ASCII are left to Koa. */
const usualTarget = /^\/[!-"$-~]*$/

/** What a GET of this URL, as it came, is sent to, if that answers everybody the same. */
export function publicReadAt(url: string): PublicRead | undefined {
  if (!usualTarget.test(url)) return undefined
  const queryAt = url.indexOf('?')
  const matched = matchRead(queryAt === -1 ? url : url.slice(0, queryAt))
  if (matched === undefined || !isShareable(matched.route)) return undefined
  return { route: matched.route, params: matched.params, query: queryAt === -1 ? '' : url.slice(queryAt + 1) }
}

/** What it asks for. `undefined`: the layers have to look at it, and say what is wrong with it. */
export function understandRead({ route, params, query }: PublicRead): ReadOfRoute | undefined {
  const { request } = checkedRequest(route, queryMembers(query), params)
  if (request === undefined) return undefined
  const read = readOfRoute(route, request)
  return read.minSeq === null ? read : undefined
}
