import { migrateAll } from '../../../infra/migrate.ts'
import { createDatabase } from '../crash-points/stand/shared-servers.ts'
import { Stand } from '../crash-points/stand/stand.ts'
import { type TrialName, trials } from './trials/all-trials.ts'
import type { TrialSystem } from './trials/trial.ts'

/*
 * Runs in a copy of the project, with that copy's code from the migrations to the trial itself. Told by its parent what to
 * try; says for each trial what it found. Ends with its parent.
 */

/** What the parent sends, once. */
export interface TrialOrder {
  /** Names its database and its folder. */
  readonly name: string
  readonly postgresUrl: string
  readonly redisUrl: string
  readonly directory: string
  readonly trials: readonly TrialName[]
}

/** What it answers, for each trial. */
export interface TrialReport {
  readonly trial: TrialName
  /** What did not go well; nothing: green. */
  readonly found: readonly string[]
  readonly seconds: number
}

/** Short ones leave a busy machine the time to look at a new hold before it runs out. */
const holdTtlMs = { short: 3_000, long: 120_000 }

const stands = new Map<string, Promise<Stand>>()
const stopping = new AbortController()

async function runTrials({ name, postgresUrl, redisUrl, directory, trials: wanted }: TrialOrder): Promise<void> {
  const database = async (suffix: string): Promise<string> => {
    const url = await createDatabase(postgresUrl, { name: `${name}-${suffix}` })
    await migrateAll(url)
    return url
  }
  const startStand = async (holds: 'short' | 'long'): Promise<Stand> => {
    const databaseUrl = await database(holds)
    const standName = `${name}-${holds}`
    return Stand.start({
      name: standName,
      databaseUrl,
      redisUrl,
      directory,
      holdTtlMs: holdTtlMs[holds],
      stopping: stopping.signal,
    })
  }
  const system: TrialSystem = {
    databaseUrl: await database('empty'),
    redisUrl,
    stand(holds) {
      const stand = stands.get(holds) ?? startStand(holds)
      stands.set(holds, stand)
      return stand
    },
  }
  for (const trial of wanted) {
    if (stopping.signal.aborted) return
    const began = performance.now()
    const found = await trials[trial](system).catch((error: Error) => [`the trial failed: ${error.message}`])
    const report: TrialReport = { trial, found, seconds: (performance.now() - began) / 1_000 }
    process.send?.(report)
  }
}

async function stop(): Promise<void> {
  stopping.abort()
  const started = await Promise.allSettled(stands.values())
  await Promise.all(started.map((one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)))
  if (process.connected) process.disconnect()
}

process.once('disconnect', () => void stop())
process.once('message', (order) => {
  runTrials(order as TrialOrder)
    .catch((error: unknown) => {
      console.error(error)
      process.exitCode = 1
    })
    .finally(stop)
})
