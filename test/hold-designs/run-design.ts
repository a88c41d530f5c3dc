import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import type { Visited } from './claims.ts'
import { type HoldDesign, type Lab, type OpenHoldDesign, OutOfTime, openLabDatabase } from './lab.ts'
import { type Measures, measure } from './measures.ts'
import { holdTtlMs, type Rush, sweepEveryMs, type Visit } from './rush.ts'

export interface RunOptions {
  readonly rush: Rush
  readonly databaseUrl: string
  readonly redisUrl: string
  readonly connections: number
  /** No more buyers are let in. The measures of a run that was stopped mean nothing. */
  readonly stopping: AbortSignal
  onArrival(arrived: number): void
}

/** Lets a rush loose on one design, in a schema of its own that is gone afterwards. */
export async function runDesign(design: HoldDesign, options: RunOptions): Promise<Measures> {
  const { rush, databaseUrl, redisUrl, connections } = options
  const schema = design.name.replaceAll(/\W+/g, '_').toLowerCase()
  const database = await openLabDatabase(databaseUrl, { schema, connections, seats: rush.seats })
  const busy = new AbortController()
  try {
    const busyConnections = averageOfBusy(databaseUrl, { schema, withinMs: rush.runMs, closing: busy.signal })
    // Thrown below, when all have left.
    busyConnections.catch(() => undefined)
    const visits = await letAllIn(design, { database, redisUrl, holdTtlMs, sweepEveryMs }, options)
    busy.abort()
    return measure({ design: design.name, rush, visits, busyConnections: await busyConnections })
  } finally {
    busy.abort()
    await database.close()
  }
}

/** How many connections of a schema do or hold something, on average over the first `withinMs`, by PostgreSQL's own count. */
async function averageOfBusy(
  url: string,
  { schema, withinMs, closing }: { schema: string; withinMs: number; closing: AbortSignal },
): Promise<number> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, query_timeout: 10_000 })
  await client.connect()
  try {
    const begin = performance.now()
    const samples: number[] = []
    while (!closing.aborted) {
      // Idle between the statements of a transaction is busy too: nobody else can use that connection.
      const sql = `SELECT count(*)::int AS busy FROM pg_stat_activity WHERE application_name = $1 AND state <> 'idle'`
      const { rows } = await client.query<{ busy: number }>(sql, [schema])
      if (performance.now() - begin <= withinMs) samples.push(rows[0]?.busy ?? 0)
      await wait(20, undefined, { signal: closing }).catch(() => undefined)
    }
    return samples.reduce((total, sample) => total + sample, 0) / Math.max(1, samples.length)
  } finally {
    await client.end()
  }
}

async function letAllIn(design: HoldDesign, lab: Lab, options: RunOptions): Promise<Visited[]> {
  const open = await design.open(lab)
  return letIn(open, options).finally(() => open.close())
}

/** Answers when the last buyer has left. */
async function letIn(design: OpenHoldDesign, { rush, stopping, onArrival }: RunOptions): Promise<Visited[]> {
  const begin = performance.now()
  const now = (): number => performance.now() - begin
  const inside: Promise<Visited>[] = []
  const failed = new AbortController()
  for (const visit of rush.visits) {
    while (now() < visit.arrivesAtMs) await wait(1)
    // A machine that is late with letting in must still serve those who are inside.
    await nextTurn()
    if (stopping.aborted || failed.signal.aborted) break
    const leaving = visitHouse(design, visit, now)
    // Failures are thrown below, when all have left.
    leaving.catch(() => failed.abort())
    inside.push(leaving)
    onArrival(inside.length)
  }
  await Promise.allSettled(inside)
  return Promise.all(inside)
}

async function visitHouse(design: OpenHoldDesign, visit: Visit, now: () => number): Promise<Visited> {
  const { seatNos, thinksMs, decision } = visit
  const calledAt = now()
  const held = await unlessOutOfTime(design.hold(seatNos), null)
  const visited = { seatNos, calledAt, answeredAt: now(), held: held !== null }
  if (held === null || decision === 'vanishes') return visited
  await wait(thinksMs)
  if (decision === 'buys') return (await unlessOutOfTime(held.buy(), false)) ? { ...visited, boughtAt: now() } : visited
  const releaseCalledAt = now()
  await unlessOutOfTime(held.release(), undefined)
  return { ...visited, released: { calledAt: releaseCalledAt, answeredAt: now() } }
}

/** To a buyer, no answer in time is a refusal. */
async function unlessOutOfTime<T>(call: Promise<T>, refusal: T): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (error instanceof OutOfTime) return refusal
    throw error
  }
}
