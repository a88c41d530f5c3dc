import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import { BusyConnections } from './busy-connections.ts'
import type { Visited } from './claims.ts'
import type { HoldDesign, Lab, OpenHoldDesign } from './hold-design.ts'
import { LabDatabase, OutOfTime } from './lab-database.ts'
import { type Measures, measure } from './measures.ts'
import { holdTtlMs, type Rush, sweepEveryMs, type Visit } from './rush.ts'
import { buildHouse, demolishHouse } from './seat-table.ts'

export interface RunOptions {
  readonly rush: Rush
  readonly databaseUrl: string
  readonly redisUrl: string
  readonly connections: number
  /** No more buyers are let in. The measures of a run that was stopped mean nothing. */
  readonly stopping?: AbortSignal
  onArrival?(arrived: number): void
}

/** Lets a rush loose on one design, in a schema of its own that is gone afterwards. */
export async function runDesign(design: HoldDesign, options: RunOptions): Promise<Measures> {
  const { rush, databaseUrl, redisUrl, connections } = options
  const schema = design.name.replaceAll(/\W+/g, '_').toLowerCase()
  const database = new LabDatabase({ url: databaseUrl, schema, connections })
  try {
    await database.warmUp()
    await buildHouse(database, { schema, seats: rush.seats })
    const busy = await BusyConnections.watch({ url: databaseUrl, applicationName: schema })
    try {
      const visits = await letAllIn(design, { database, redisUrl, holdTtlMs, sweepEveryMs }, options)
      return measure({ design: design.name, rush, visits, busyConnections: busy.average(rush.runMs) })
    } finally {
      await busy.close()
    }
  } finally {
    await demolishHouse(database, schema).finally(() => database.close())
  }
}

async function letAllIn(design: HoldDesign, lab: Lab, options: RunOptions): Promise<Visited[]> {
  const open = await design.open(lab)
  try {
    return await letIn(open, options)
  } finally {
    await open.close()
  }
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
    if (stopping?.aborted || failed.signal.aborted) break
    const leaving = visitHouse(design, visit, now)
    // Failures are thrown below, when all have left.
    leaving.catch(() => failed.abort())
    inside.push(leaving)
    onArrival?.(inside.length)
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
