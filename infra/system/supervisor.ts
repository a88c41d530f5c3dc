import type { Say } from '../say.ts'
import type { SupervisorLog } from './supervisor-log.ts'

/** Whom a process tells that it ended and was started again. */
export interface Supervisor {
  readonly log: SupervisorLog
  readonly say: Say
  /** Called when a process has come back after a death, under another process id. */
  onRestart(): void
}

const firstMs = 200
const longestMs = 5_000

/** The pause before the n-th attempt (from 1) to bring something back: 0.2 s, doubling up to 5 s. */
export function backoffMs(attempt: number): number {
  return Math.min(firstMs * 2 ** (attempt - 1), longestMs)
}

/** How a process ended, as fields of a log line. */
export function endingFields({ code, signal }: { code: number | null; signal: NodeJS.Signals | null }): object {
  return signal === null ? { exit_code: code } : { signal }
}
