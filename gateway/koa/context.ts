import type Koa from 'koa'
import type { Caller } from '#shared/messaging/caller.ts'
import type { HeaderList, RequestContext } from '../http/request-context.ts'

/** What the middleware learn about a request, in this order. `caller` and `rateLimitKey` are set again after the body is read. */
export interface RequestState {
  request: RequestContext
  /** The client as limits count it: an IPv4 address or an IPv6 network. */
  client: string
  idempotencyKey: string | undefined
  /** The caller that the credentials prove; undefined in demo mode without a token. */
  proven: Caller | undefined
  caller: Caller
  /** Identifies the caller in rate limits. */
  rateLimitKey: string
  /** The parsed JSON object; empty if there was no body. */
  body: Record<string, unknown>
  isBodyRead: boolean
}

export type Context = Koa.ParameterizedContext<RequestState>
export type Middleware = Koa.Middleware<RequestState>

/** A route that the gateway answers itself, without a contract. */
export interface OwnRoute {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly middleware: readonly Middleware[]
}

/** Sets headers that are given as names and values in turn. */
export function setHeaders(ctx: Context, headers: HeaderList): void {
  for (let at = 0; at + 1 < headers.length; at += 2) ctx.set(headers[at] ?? '', headers[at + 1] ?? '')
}
