import type { Route } from '../routes/route.ts'
import type { Schema } from './schemas.ts'

const string = { type: 'string' }

/** Headers of answers, as components. `required`: every answer that declares the header has it. */
export const headerComponents = {
  'X-Request-Id': header(
    'Id of the request: the one that the client sent, if it is valid, else a new one',
    string,
    true,
  ),
  'Cache-Control': header('How long the answer may be cached, and by whom', string, true),
  ETag: header('Version of the answer; send it as `If-None-Match` to get 304 while it is unchanged', string),
  Vary: header('Request headers that change the answer', string),
  Age: header('Age of a cached answer, in seconds', { type: 'integer', minimum: 0 }),
  'Cache-Status': header(
    'Whether the answer came from the cache, and for how long it is still fresh (RFC 9211)',
    string,
  ),
  'Stream-Position': header(
    'Position of this answer: open the stream of seats with `?from=` this value to continue from here. Absent while changes cannot be followed',
    string,
  ),
  Link: header('`rel="next"`: the next page, relative to this URL. Absent on the last page', string),
  'RateLimit-Policy': header('The quota of this rate class: `q` requests in `w` seconds', string),
  RateLimit: header('The rest of the quota: `r` requests, and the seconds `t` until there are more', string),
  'X-RateLimit-Limit': header('Requests a minute', { type: 'integer' }),
  'X-RateLimit-Remaining': header('Requests left', { type: 'integer' }),
  'X-RateLimit-Reset': header('When there will be more, in seconds since 1970', { type: 'integer' }),
  'Retry-After': header('Seconds after which a retry makes sense', { type: 'integer', minimum: 1 }, true),
  'Content-Disposition': header('The name of the file to save', string, true),
  Location: header('Where to read the result or its state', { type: 'string', format: 'uri-reference' }),
  'Idempotency-Replayed': header(
    '`true`: the `Idempotency-Key` was repeated; this is the first answer again, byte for byte',
    {
      const: 'true',
    },
  ),
  'WWW-Authenticate': header('How to authenticate', string, true),
  'Set-Cookie': header('The token as a cookie that pages cannot read', string, true),
} satisfies Record<string, Schema>

export type HeaderName = keyof typeof headerComponents

const ofEvery: HeaderName[] = ['X-Request-Id', 'Cache-Control', 'Vary']
const ofLimits: HeaderName[] = [
  ...(['RateLimit-Policy', 'RateLimit'] as const),
  ...(['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'] as const),
]

/** The headers of a route's success. */
export function successHeaders(route: Route, isPaged: boolean): Schema {
  return references([
    ...ofEvery,
    ...(route.cache === undefined ? [] : (['ETag', 'Age', 'Cache-Status'] as const)),
    ...(route.tellsPosition ? (['Stream-Position'] as const) : []),
    ...(isPaged ? (['Link'] as const) : []),
    ...ofLimits,
    ...(route.fileName === undefined ? [] : (['Content-Disposition'] as const)),
    ...(route.outcome === undefined ? [] : (['Location'] as const)),
    ...(route.method === 'GET' ? [] : (['Idempotency-Replayed'] as const)),
  ])
}

/** The headers of a problem. */
export function describeProblemHeaders(status: number, isLimited: boolean): Schema {
  return references([
    ...ofEvery,
    ...(isLimited ? ofLimits : []),
    ...(status === 401 ? (['WWW-Authenticate'] as const) : []),
    ...(status === 429 || status === 503 ? (['Retry-After'] as const) : []),
  ])
}

/** As `ownHeaders`, of a limited route. */
export function limitedHeaders(...further: HeaderName[]): Schema {
  return ownHeaders(...ofLimits, ...further)
}

/** The headers of an answer of the gateway itself. */
export function ownHeaders(...further: HeaderName[]): Schema {
  return references([...ofEvery, ...further])
}

function references(names: readonly HeaderName[]): Schema {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}

function header(description: string, schema: Schema, required = false): Schema {
  return { description, schema, ...(required ? { required } : {}) }
}
