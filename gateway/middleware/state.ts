import type Koa from 'koa'
import type { Caller } from '#shared/messaging/caller.ts'

/** What the middleware learn about a request and pass on. */
export interface RequestState {
  requestId: string
  /** Route template, the label of metrics and the name of the span; `(none)` where no route matched. */
  endpoint: string
  /** Address that limits count. */
  client: string
  /** Parsed JSON object of the body; empty when there was none. */
  body: Record<string, unknown>
  caller: Caller
  /** The name that the caller gave, by token or claim; '' for a guest, whose name is made anew each time. */
  knownAs: string
  /** Names and values by turns of the headers that show the innermost limit; absent where none counted the request. */
  limitHeaders?: readonly string[]
}

export type Context = Koa.ParameterizedContext<RequestState>
export type Middleware = Koa.Middleware<RequestState>
