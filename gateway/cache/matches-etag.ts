/** Nobody remembers more versions of a page than this has room for. */
const maxLength = 2_048

/**
 * If-None-Match of RFC 9110, section 13.1.2, compared weakly. Koa's own `fresh` answers 200 to whoever also sends `no-cache`, as
 * browsers and fetch do on a reload, although what it would send is exactly what they have.
 */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined || ifNoneMatch.length > maxLength) return false
  if (ifNoneMatch === etag || ifNoneMatch.trim() === '*') return true
  return ifNoneMatch.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag)
}
