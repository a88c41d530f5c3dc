import type { IncomingMessage } from 'node:http'
import type { HeaderList } from './request-context.ts'

/*
 * Which pages of other origins may read answers (CORS). `*`: any page may make the public reads, without credentials. A list: pages of
 * these origins may use every route. Their session cookie comes only from the same site (`SameSite=Lax`); pages of other sites send a
 * token.
 */

/** What pages may read beside the headers that they always may. */
const exposed = [
  ...['Age', 'Cache-Status', 'ETag', 'Idempotency-Replayed', 'Link', 'Location', 'RateLimit', 'RateLimit-Policy'],
  ...[
    'Retry-After',
    'Stream-Position',
    'X-RateLimit-Limit',
    'X-RateLimit-Remaining',
    'X-RateLimit-Reset',
    'X-Request-Id',
    'traceparent',
  ],
].join(', ')

const readHeaders = ['If-None-Match', 'X-Request-Id', 'traceparent', 'tracestate']
const allHeaders = ['Authorization', 'Content-Type', 'Idempotency-Key', ...readHeaders]

/** How long browsers remember a preflight; none remembers one longer than two hours. */
const preflightSeconds = 7_200

export interface Cors {
  /** The headers of every answer to a request. The same text for all where any page may read, so that caches cannot mix them up. */
  headersFor(req: IncomingMessage): HeaderList
  /** Further headers of public reads. */
  readonly ofPublicReads: HeaderList
  /** The answer to a preflight for a method of a path; undefined where the page may not send such a request. */
  preflight(req: IncomingMessage, methods: readonly string[], isPublicRead: boolean): HeaderList | undefined
}

const none: HeaderList = []

/** `origins`: `*` alone, or a list. Null for none: no answer then has a header of CORS. */
export function createCors(origins: readonly string[]): Cors | null {
  if (origins.length === 0) return null
  if (origins.includes('*')) {
    const allowed = ['Access-Control-Allow-Origin', '*']
    return {
      headersFor: () => none,
      ofPublicReads: [...allowed, 'Access-Control-Expose-Headers', exposed],
      preflight: (_req, _methods, isPublicRead) =>
        isPublicRead ? [...allowed, ...permission(['GET', 'HEAD'], readHeaders)] : undefined,
    }
  }
  const varying = ['Vary', 'Origin']
  const allowedFor = ({ headers: { origin } }: IncomingMessage): HeaderList | undefined =>
    origin !== undefined && origins.includes(origin)
      ? ['Access-Control-Allow-Origin', origin, 'Access-Control-Allow-Credentials', 'true']
      : undefined
  return {
    headersFor(req) {
      const allowed = allowedFor(req)
      return allowed === undefined ? varying : [...varying, ...allowed, 'Access-Control-Expose-Headers', exposed]
    },
    ofPublicReads: none,
    preflight(req, methods) {
      const allowed = allowedFor(req)
      return allowed === undefined ? undefined : [...allowed, ...permission(methods, allHeaders)]
    },
  }
}

function permission(methods: readonly string[], headers: readonly string[]): HeaderList {
  return [
    ...['Access-Control-Allow-Methods', methods.join(', ')],
    ...['Access-Control-Allow-Headers', headers.join(', ')],
    ...['Access-Control-Max-Age', String(preflightSeconds)],
  ]
}
