import type Koa from 'koa'
import type { Caller } from '#shared/messaging/caller.ts'
import type { HeaderList, RequestContext } from '../http/request-context.ts'

/** What the middleware learn about a request and pass on, in this order. */
export interface RequestState {
  request: RequestContext
  /** The client that limits count: an IPv4 address or an IPv6 network. */
  client: string
  /** Parsed JSON object; empty where there was no body. */
  body: Record<string, unknown>
  isBodyRead: boolean
  /** Who the credentials prove to call; undefined in demo mode without a token. */
  proven: Caller | undefined
  caller: Caller
  idempotencyKey: string | undefined
  /** Identifies the caller in rate limits. */
  rateLimitKey: string
}

export type Context = Koa.ParameterizedContext<RequestState>
export type Middleware = Koa.Middleware<RequestState>

/** A route that the gateway answers itself, without a contract. */
export interface OwnRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly middleware: readonly Middleware[]
}

export function setHeaders(ctx: Context, headers: HeaderList): void {
  for (let at = 0; at + 1 < headers.length; at += 2) ctx.set(headers[at] ?? '', headers[at + 1] ?? '')
}
