import { setTimeout as wait } from 'node:timers/promises'
import { createLogger } from '#shared/observability/log.ts'
import { createRedis } from '#shared/redis.ts'
import { readInfraConfig } from '../../config.ts'
import type { Say } from '../../say.ts'
import type { Server } from '../../system/server.ts'
import { createTemporaryFolder, removeTemporaryFolder } from '../../system/temporary-folder.ts'
import { type AuditOptions, type AuditReport, audit } from '../audit/audit.ts'
import { countFailures } from '../audit/report.ts'
import { startDrillSystem } from './drill-system.ts'
import { type Step, Stopwatch } from './stopwatch.ts'

/** A private server with a restored backup. */
export interface Recovered {
  readonly server: Server
  /** Every commit before this time is in it. */
  readonly recoveryPoint: string
  readonly lastSaleAt: string | null
  /** Differences from what the backup says of itself. */
  readonly differences: readonly string[]
}

/** Restores a backup in an empty folder. If it throws, it has stopped everything that it started. */
export type BringBack = (place: { directory: string; watch: Stopwatch; stopping: AbortSignal }) => Promise<Recovered>

export interface DrillOptions {
  readonly bringBack: BringBack
  /** How long payments and holds that were in progress in the backup may take to end. */
  readonly settleWithinMs: number
  /** Where its folder is made, which holds the database too. Default: the system's folder for temporary files. */
  readonly within?: string
  readonly say: Say
  readonly stopping: AbortSignal
  readonly hurry: AbortSignal
}

export interface DrillReport extends Omit<Recovered, 'server'> {
  readonly beganAt: Date
  /** From the first read of the backup to a system that answers. */
  readonly steps: readonly Step[]
  readonly seconds: number
  readonly audit: AuditReport
}

/**
 * Restores a backup into a private PostgreSQL, starts a system on it, and audits that. Leaves nothing behind. Throws
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
    // Empty, as the drill's Redis starts with nothing; without it rooms that are on count as unchecked.
    const log = createLogger({ name: 'auditor', instance: 'drill', level: 'fatal' })
    const redis = createRedis({ url: system.servers.redisUrl('audit'), name: 'drill', log })
    closers.push(async () => redis.disconnect())
    const books = { databaseUrl: server.url, paymentUrl: system.paymentUrl, redis }
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
