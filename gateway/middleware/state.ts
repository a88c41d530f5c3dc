import type Koa from 'koa'
import type { Caller } from '#shared/messaging/caller.ts'
import type { Observation } from '../exchange/exchange.ts'

/** What the middleware learn about a request and pass on. */
export interface RequestState extends Observation {
  /** Address that limits count. */
  client: string
  /** Parsed JSON object of the body; empty when there was none. */
  body: Record<string, unknown>
  caller: Caller
  /** The name that the caller gave, by token or claim; '' for a guest, whose name is made anew each time. */
  knownAs: string
}

export type Context = Koa.ParameterizedContext<RequestState>
export type Middleware = Koa.Middleware<RequestState>
