import { setTimeout as wait } from 'node:timers/promises'
import { readInfraConfig } from '../../config.ts'
import type { Say } from '../../say.ts'
import type { Server } from '../../system/server.ts'
import { createTemporaryFolder, removeTemporaryFolder } from '../../system/temporary-folder.ts'
import { type AuditOptions, type AuditReport, audit } from '../audit/audit.ts'
import { countFailures } from '../audit/report.ts'
import { startDrillSystem } from './drill-system.ts'
import { type Step, Stopwatch } from './stopwatch.ts'

/** A private server with what a backup brought back. */
export interface Recovered {
  readonly server: Server
  /** Until when everything is in it. */
  readonly recoveryPoint: string
  readonly lastSaleAt: string | null
  /** What is not as the backup says of itself. */
  readonly differences: readonly string[]
}

/** Brings back a backup in an empty folder. What it has started by then, it stops itself where it throws. */
export type BringBack = (place: { directory: string; watch: Stopwatch; stopping: AbortSignal }) => Promise<Recovered>

export interface DrillOptions {
  readonly bringBack: BringBack
  /** What was under way when the backup was taken is given this long to come to its end. */
  readonly settleWithinMs: number
  /** Where its folder is made, with the database and all; by default where the system has temporary files. */
  readonly within?: string
  readonly say: Say
  readonly stopping: AbortSignal
  readonly hurry: AbortSignal
}

export interface DrillReport extends Omit<Recovered, 'server'> {
  readonly beganAt: Date
  /** From the first look at the backup to a system that answers. */
  readonly steps: readonly Step[]
  readonly seconds: number
  readonly audit: AuditReport
}

/**
 * Brings back a backup into a PostgreSQL of its own, starts a system on it, and audits that. Nothing is left behind. Throws
 * `ExplainedError` when the backup is damaged or cannot be restored.
 */
export async function drill(options: DrillOptions): Promise<DrillReport> {
  const { bringBack, settleWithinMs, within, say, stopping, hurry } = options
  const beganAt = new Date()
  const watch = new Stopwatch(say)
  const directory = await createTemporaryFolder({ name: 'ticketing-drill', ...(within && { within }) })
  const closers: (() => Promise<unknown>)[] = [() => removeTemporaryFolder(directory)]
  try {
    const { server, ...recovered } = await bringBack({ directory, watch, stopping })
    closers.push(() => server.stop())
    const system = await watch.step('start a system on it', () =>
      startDrillSystem({ config: readInfraConfig(), directory, databaseUrl: server.url, say, stopping, hurry }),
    )
    closers.push(() => system.stop())
    const { steps, totalSeconds: seconds } = watch
    const books = { databaseUrl: server.url, paymentUrl: system.paymentUrl }
    const report = await auditOnceSettled(books, { settleWithinMs, stopping })
    return { ...recovered, beganAt, steps, seconds, audit: report }
  } finally {
    for (const close of closers.toReversed()) await close()
  }
}

async function auditOnceSettled(
  books: AuditOptions,
  { settleWithinMs, stopping }: { settleWithinMs: number; stopping: AbortSignal },
): Promise<AuditReport> {
  const giveUpAt = performance.now() + settleWithinMs
  for (;;) {
    const report = await audit(books)
    if (countFailures(report) === 0 || performance.now() > giveUpAt) return report
    await wait(1_000, undefined, { signal: stopping })
  }
}
