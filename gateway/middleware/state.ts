import type Koa from 'koa'
import type { ExchangeState } from '../exchange/exchange.ts'
import type { CountedCaller } from '../limits/caller-key.ts'

/** What the middleware learn about a request and pass on. */
export interface RequestState extends ExchangeState, CountedCaller {
  /** Parsed JSON object of the body; empty when there was none. */
  body: Record<string, unknown>
}

export type Context = Koa.ParameterizedContext<RequestState>
export type Middleware = Koa.Middleware<RequestState>
