import type { IncomingMessage } from 'node:http'
import { keyCookies } from '../identity/key-sessions.ts'
import type { HeaderList } from './request-context.ts'

/*
 * Cross-origin reads (CORS). `*`: pages of any origin may make public reads, without credentials. A list: pages of these origins may use
 * every route. Browsers send the session cookie only from the same site (`SameSite=Lax`); pages of other sites send a token. Below the paths of
 * desk and door no page of another origin is allowed to send cookies, because a listed page of the same site would act as the organiser.
 */

/** Headers that pages may read, besides the ones that browsers always allow. */
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
const allHeaders = ['Authorization', 'Content-Type', 'Idempotency-Key', 'Queue-Pass', ...readHeaders]

/** How long browsers may cache a preflight. No browser caches one for longer than two hours. */
const preflightSeconds = 7_200

export interface Cors {
  /** The headers of every answer. With `*` they are the same for all origins, so that caches cannot mix them up. */
  headersFor(req: IncomingMessage): HeaderList
  /** Additional headers of public reads. */
  readonly ofPublicReads: HeaderList
  /** The answer to a preflight for a method of a path; undefined if the page may not send such a request. */
  preflight(req: IncomingMessage, methods: readonly string[], isPublicRead: boolean): HeaderList | undefined
}

const none: HeaderList = []
const pathsOfKeys = Object.values(keyCookies).map(({ path }) => path)

/** `origins`: `*` alone, or a list. Null for an empty list: answers then have no CORS headers. */
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
  const allowedFor = ({ url = '', headers: { origin } }: IncomingMessage): HeaderList | undefined => {
    if (origin === undefined || !origins.includes(origin)) return undefined
    const allowed = ['Access-Control-Allow-Origin', origin]
    return pathsOfKeys.some((path) => url.startsWith(path))
      ? allowed
      : [...allowed, 'Access-Control-Allow-Credentials', 'true']
  }
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
