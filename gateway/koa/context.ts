import type Koa from 'koa'
import type { Caller } from '#shared/messaging/caller.ts'
import type { HeaderList, RequestContext } from '../http/request-context.ts'

/**
 * What the middleware learn about a request and pass on, in this order. `caller` and `rateLimitKey` are settled once more behind the
 * body.
 */
export interface RequestState {
  request: RequestContext
  /** The client that limits count: an IPv4 address or an IPv6 network. */
  client: string
  idempotencyKey: string | undefined
  /** Who the credentials prove to call; undefined in demo mode without a token. */
  proven: Caller | undefined
  caller: Caller
  /** Identifies the caller in rate limits. */
  rateLimitKey: string
  /** Parsed JSON object; empty where there was no body. */
  body: Record<string, unknown>
  isBodyRead: boolean
}

export type Context = Koa.ParameterizedContext<RequestState>
export type Middleware = Koa.Middleware<RequestState>

/** A route that the gateway answers itself, without a contract. */
export interface OwnRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly middleware: readonly Middleware[]
}

/** Sets headers that are listed as names and values in turn. */
export function setHeaders(ctx: Context, headers: HeaderList): void {
  for (let at = 0; at + 1 < headers.length; at += 2) ctx.set(headers[at] ?? '', headers[at + 1] ?? '')
}
