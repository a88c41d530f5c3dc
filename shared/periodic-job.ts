import { setTimeout as pause } from 'node:timers/promises'
import type Logger from 'bunyan'

export interface PeriodicJob {
  wake(): void
  /** Resolves when the current run has ended. */
  stop(): Promise<void>
}

/** Runs `work` at once and then every `everyMs`, without a pause while it returns that there is more to do. Logs failures. */
export function startPeriodicJob(
  { name, everyMs, log }: { name: string; everyMs: number; log: Logger },
  work: () => Promise<boolean>,
): PeriodicJob {
  let stopped = false
  let woken = false
  let sleep = new AbortController()

  const run = async (): Promise<void> => {
    while (!stopped) {
      woken = false
      let isMore = false
      try {
        isMore = await work()
      } catch (error) {
        log.warn({ err: error, job: name }, 'periodic job failed')
      }
      if (isMore || woken || stopped) continue
      sleep = new AbortController()
      // Rejects when woken or stopped.
      await pause(everyMs, undefined, { signal: sleep.signal }).catch(() => undefined)
    }
  }

  const ended = run()
  return {
    wake() {
      woken = true
      sleep.abort()
    },
    stop() {
      stopped = true
      sleep.abort()
      return ended
    },
  }
}
