import type Koa from 'koa'
import type { Caller } from '#shared/messaging/caller.ts'
import type { TraceStart } from '#shared/observability/tracing.ts'

/** What the middleware learn about a request and pass on. */
export interface RequestState {
  requestId: string
  trace: TraceStart
  /** What every answer says, whatever it is: names and values in turn. */
  commonHeaders: readonly string[]
  /** What the innermost limit says of itself, in the same form; made when it is sent, because several limits count a request. */
  limitHeaders: () => readonly string[]
  /** Route template, the label of metrics and the name of the span; `(none)` where no route matched. */
  endpoint: string
  /** One of very many like it, of which the log need not tell each. */
  isRoutine: boolean
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
