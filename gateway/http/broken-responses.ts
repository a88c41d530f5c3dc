import type Logger from 'bunyan'
import type { GatewayMetrics } from '../metrics.ts'

/** Between two log lines. */
const pauseMs = 10_000

/** Counts responses that broke off, usually because a client went away, and logs at most one line in ten seconds for all of them. */
export function brokenResponses(log: Logger, metrics: GatewayMetrics): (error: unknown) => void {
  let count = 0
  let logAfter = 0
  return (error) => {
    metrics.responseBroke()
    count += 1
    const now = performance.now()
    if (now < logAfter) return
    log.warn({ err: error, count }, 'responses broke off')
    count = 0
    logAfter = now + pauseMs
  }
}
