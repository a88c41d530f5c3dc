import type { Dependencies } from '../dependencies.ts'
import type { LimitStanding, RequestLimit } from '../limits/request-limit.ts'
import type { Exchange } from './exchange.ts'
import { sendProblemText } from './send-problem.ts'

/** Answers 429. */
export function refuse(
  exchange: Exchange,
  limit: RequestLimit,
  standing: LimitStanding,
  { metrics }: Pick<Dependencies, 'metrics'>,
): void {
  const { state } = exchange
  const { headers, problem } = limit.refusal(standing)
  state.limitHeaders = () => headers
  // Whoever is refused may go on asking as fast as the network carries: the counter has them all, the log a sample.
  state.isRoutine = true
  metrics.limited(limit.rateClass)
  sendProblemText(exchange, problem)
}
