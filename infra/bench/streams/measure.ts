import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { cpuTimes } from '../cpu-time.ts'
import { HttpConnection } from '../http-connection.ts'
import { quantile } from '../quantile.ts'
import { openHouses, seatsPerHouse } from '../selling/houses.ts'
import { liveMemory } from '../telemetry/live-memory.ts'
import { Holders } from './holders.ts'
import { Watchers } from './watchers.ts'

const seatsPerSecond = 100
const streams = { few: 300, measured: 2_000, many: 4_000 }
const seconds = { warmUp: 5, traffic: 10, measured: 20 }
/** For the last batches to arrive. */
const settleMs = 1_500
const canaryEveryMs = 50

/** What may be demanded, on two processors that the load generator shares. */
const bounds = { p99_ms: 500, canary_p99_ms: 250, rss_kib_per_stream: 30, cpu_us_per_write: 20, missed: 0, closed: 0 }

export interface Figure {
  readonly name: keyof typeof bounds
  readonly value: number
  readonly bound: number
  readonly isGood: boolean
}

export interface Result {
  readonly figures: readonly Figure[]
  readonly p50_ms: number
  /** With the largest number of streams. */
  readonly many: { readonly streams: number; readonly p50_ms: number; readonly p99_ms: number }
  readonly conditions: Readonly<Record<string, string | number>>
}

interface Measured {
  /** Of the gateway. */
  readonly url: string
  readonly pid: number
  readonly inspectorPort: number
  readonly stopping: AbortSignal
  say(text: string): void
}

/** Buyers hold seats of one house at an even pace, while more and more clients watch it. */
export async function measure({ url, pid, inspectorPort, stopping, say }: Measured): Promise<Result> {
  const [eventId = ''] = (await openHouses(url, 1, () => undefined)).ids
  const watchers = new Watchers(url, `/events/${eventId}/seats/stream`)
  const holders = new Holders({ url, eventId, seatsPerSecond, onHeld: (first) => watchers.answered(first) })
  /** Lets buyers come for a while. Answers what the watchers heard of it. */
  const watch = async (forSeconds: number) => {
    watchers.restart()
    const heldBefore = holders.held
    await holders.buyFor(forSeconds, stopping)
    await pause(settleMs)
    const heard = watchers.figures()
    return { ...heard, missed: (holders.held - heldBefore) * watchers.count - heard.heard }
  }
  /** Bytes, after traffic and collection. */
  const memoryWith = async (count: number) => {
    say(`${count} streams: memory`)
    await watchers.openUntil(count)
    const heard = await watch(seconds.traffic)
    await liveMemory(inspectorPort)
    await pause(settleMs)
    return { ...heard, bytes: await residentBytes(pid) }
  }
  try {
    const few = await memoryWith(streams.few)
    say(`${streams.measured} streams: delay`)
    await watchers.openUntil(streams.measured)
    await watch(seconds.warmUp)
    const gateway = (): number => cpuTimes(new Map([['gateway', pid]])).get('gateway') ?? Number.NaN
    const cpuBefore = gateway()
    const [heard, canaryP99Ms] = await Promise.all([watch(seconds.measured), canary(url, seconds.measured)])
    const cpuSeconds = gateway() - cpuBefore
    const many = await memoryWith(streams.many)
    const values: Record<keyof typeof bounds, number> = {
      p99_ms: heard.p99Ms,
      canary_p99_ms: canaryP99Ms,
      rss_kib_per_stream: (many.bytes - few.bytes) / (streams.many - streams.few) / 1_024,
      cpu_us_per_write: (cpuSeconds * 1e6) / (heard.batches * streams.measured),
      missed: heard.missed + many.missed,
      closed: watchers.closed,
    }
    return {
      figures: (Object.keys(bounds) as (keyof typeof bounds)[]).map((name) => ({
        name,
        value: Math.round(values[name] * 10) / 10,
        bound: bounds[name],
        isGood: values[name] <= bounds[name],
      })),
      p50_ms: Math.round(heard.p50Ms),
      many: { streams: streams.many, p50_ms: Math.round(many.p50Ms), p99_ms: Math.round(many.p99Ms) },
      conditions: {
        measured_at: new Date().toISOString(),
        processors: availableParallelism(),
        node: process.version,
        streams: streams.measured,
        seats_per_second: seatsPerSecond,
        seats_of_house: seatsPerHouse,
        measured_seconds: seconds.measured,
        batches: heard.batches,
        holds: holders.held,
        refused: holders.refused,
      },
    }
  } finally {
    holders.close()
    watchers.close()
  }
}

/** The 99th percentile of how long another request takes, in milliseconds from when it was due. */
async function canary(url: string, forSeconds: number): Promise<number> {
  const connection = new HttpConnection(url)
  const latencies: number[] = []
  const begin = performance.now()
  for (let dueAt = begin; dueAt < begin + forSeconds * 1_000; dueAt += canaryEveryMs) {
    await pause(Math.max(0, dueAt - performance.now()))
    const { status } = await connection.get('/events')
    if (status !== 200) throw new Error(`GET /events was answered by ${status}`)
    latencies.push(performance.now() - dueAt)
  }
  connection.close()
  return quantile(
    latencies.sort((one, other) => one - other),
    0.99,
  )
}

/** What Linux counts as a process' own memory that is not swapped out. */
async function residentBytes(pid: number): Promise<number> {
  const kib = /^VmRSS:\s*(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) * 1_024
}
