import type Logger from 'bunyan'

/** Shortest time between two log lines. */
const pauseMs = 10_000

/** Logs errors that may come in floods: at most one line every ten seconds, with the number of errors since the line before. */
export function logAtIntervals(log: Logger, message: string): (error: unknown) => void {
  let count = 0
  let logAfter = 0
  return (error) => {
    count += 1
    const now = performance.now()
    if (now < logAfter) return
    log.warn({ err: error, count }, message)
    count = 0
    logAfter = now + pauseMs
  }
}
