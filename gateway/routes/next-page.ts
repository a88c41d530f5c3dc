import { z } from 'zod'
import type { Route } from './route.ts'

/** Whether answers of a route are pages of a list. */
export function isPaged({ contract: { request } }: Pick<Route, 'contract'>): boolean {
  return request instanceof z.ZodObject && 'cursor' in request.shape
}

/** Quotes within a text of JSON have a backslash before them, so this is a member and nothing else. */
const member = Buffer.from('"next_cursor":"')

/**
 * The `Link` to the page after this one, relative to its URL: `<?limit=20&cursor=…>; rel="next"`. Undefined on the last page.
 * `parameters`: those of its query. A numbered page is followed by one with a cursor.
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
