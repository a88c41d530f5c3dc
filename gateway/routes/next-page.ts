import { z } from 'zod'
import type { Route } from './route.ts'

/** Whether a route answers with pages of a list. */
export function isPaged({ contract: { request } }: Pick<Route, 'contract'>): boolean {
  return request instanceof z.ZodObject && 'cursor' in request.shape
}

/** Inside a JSON string a quote follows a backslash, so these bytes are always the member itself. */
const member = Buffer.from('"next_cursor":"')

/**
 * The `Link` to the next page, relative to its URL: `<?limit=20&cursor=…>; rel="next"`. Undefined on the last page. `parameters`: those of
 * the query. The page after a numbered one uses a cursor.
 */
export function nextPageLink(parameters: Readonly<Record<string, unknown>>, body: Uint8Array): string | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const at = bytes.lastIndexOf(member)
  if (at === -1) return undefined
  const begin = at + member.byteLength
  const cursor = bytes.toString('latin1', begin, bytes.indexOf('"', begin))
  const { cursor: _present, page, pageSize, ...others } = parameters
  const limit = page === undefined || pageSize === undefined ? {} : { limit: pageSize }
  const query = Object.entries({ ...others, ...limit, cursor })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
  return `<?${query.join('&')}>; rel="next"`
}
