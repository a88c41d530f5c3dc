import { appendFileSync } from 'node:fs'
import type Logger from 'bunyan'
import { createLogger } from '#shared/observability/log.ts'
import { ownerOnly } from '../kept-file.ts'
import type { Say } from '../say.ts'

/** Restarts a process that ended, and hears of it. */
export interface Supervisor {
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

/** Writes what the launcher sees happen to a process into that process' own log, where `npm run logs` shows it in its place. */
export function launcherLog(logFile: string, instance: string): Logger {
  const write = (line: string): void => {
    try {
      appendFileSync(logFile, line, { mode: ownerOnly })
    } catch {
      // A full disk costs log lines, not the system.
    }
  }
  return createLogger({ name: 'launcher', instance, level: 'info', write })
}
