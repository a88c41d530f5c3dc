import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TraceStart } from '#shared/observability/tracing.ts'
import type { HeaderLines } from '../header-lines.ts'

/** A request and the answer to it, with or without Koa: its context is one, too. */
export interface Exchange {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly state: ExchangeState
}

/** What is noted of every request, whatever answers it. */
export interface ExchangeState {
  requestId: string
  trace: TraceStart
  /** What every answer says, whatever it is. */
  commonHeaders: HeaderLines
  /** What the innermost limit says of itself; made when it is sent, because several limits count a request. */
  limitHeaders: () => HeaderLines
  /** Route template, the label of metrics and the name of the span; `(none)` where no route matched. */
  endpoint: string
  /** One of very many like it, of which the log need not tell each. */
  isRoutine: boolean
}
