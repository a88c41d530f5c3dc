import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { reportFailure } from '../../explained-error.ts'
import { freePort } from '../../system/free-port.ts'
import { type Bench, conditions, runBenchmark, withBar } from '../bench.ts'
import { cpuDuring } from '../cpu-time.ts'
import { HttpConnection } from '../http-connection.ts'
import { liveMemory } from '../live-memory.ts'
import { ascending, quantile, rounded } from '../quantile.ts'
import { openHouses, seatsPerHouse } from '../selling/houses.ts'
import { buyAtRate, type Customers } from '../selling/load.ts'
import { areGood, type Verdict, verdict, verdictLines } from '../verdict.ts'
import { placesPerHold, Watchers } from './watchers.ts'

const seatsPerSecond = 100
const streams = { few: 300, measured: 2_000, many: 4_000 }
const seconds = { warmUp: 5, traffic: 10, measured: 20 }
/** For the last batches to arrive. */
const settleMs = 1_500
const canaryEveryMs = 50

/** One address opens them all. */
const settings = { MAX_CONNECTIONS_PER_ADDRESS: '10000', MAX_STREAMS: '10000', MAX_STREAMS_PER_CALLER: '10000' }

interface Result {
  readonly verdicts: readonly Verdict[]
  readonly p50_ms: number
  /** With the largest number of streams. */
  readonly many: { readonly streams: number; readonly p50_ms: number; readonly p99_ms: number }
  readonly conditions: Readonly<Record<string, string | number>>
}

/** Buyers hold seats of one house, while more and more clients watch it. */
async function measure(bench: Bench): Promise<Result> {
  const system = await bench.start({ counts: { gateway: 0 } })
  const inspectorPort = await freePort()
  const inspected = { NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}` }
  const { url, pid } = await system.start('gateway', { ...settings, ...inspected })
  const [eventId = ''] = (await openHouses(url, 1, () => undefined)).ids
  const watchers = new Watchers(url, `/events/${eventId}/seats/stream`)
  bench.onStop(() => watchers.close())
  const buyers = new Holders(`/events/${eventId}/holds`, (first) => watchers.answered(first))
  /** Lets buyers come for a while. Answers what the watchers heard of it. */
  const watch = async (label: string, forSeconds: number) => {
    const heldBefore = buyers.held
    watchers.restart()
    const load = { url, buyers, connections: 16, perSecond: seatsPerSecond / placesPerHold }
    await withBar(bench, { label, seconds: forSeconds }, (part) => buyAtRate({ ...load, ...part }))
    await pause(settleMs)
    const heard = watchers.figures()
    return { ...heard, missed: (buyers.held - heldBefore) * watchers.count - heard.heard }
  }
  /** Bytes, after traffic and collection. */
  const memoryWith = async (count: number) => {
    await watchers.openUntil(count)
    const heard = await watch(`${count} streams: memory`, seconds.traffic)
    await liveMemory(inspectorPort)
    await pause(settleMs)
    return { ...heard, bytes: await residentBytes(pid) }
  }
  const few = await memoryWith(streams.few)
  await watchers.openUntil(streams.measured)
  const label = `${streams.measured} streams: delay`
  await watch(label, seconds.warmUp)
  const { result, used } = await cpuDuring(new Map([['gateway', pid]]), () =>
    Promise.all([watch(label, seconds.measured), canary(url, seconds.measured)]),
  )
  const [heard, canaryP99Ms] = result
  const many = await memoryWith(streams.many)
  const bytesPerStream = (many.bytes - few.bytes) / (streams.many - streams.few)
  const cpuPerWrite = (used.get('gateway') ?? Number.NaN) / (heard.batches * streams.measured)
  // What may be demanded, on two processors that the load generator shares.
  const bounds: readonly [what: string, value: number, atMost: number][] = [
    ["from a hold's answer until 99 % of the streams have told it, ms", heard.p99Ms, 500],
    ['other requests of that gateway, 99th percentile, ms', canaryP99Ms, 250],
    ['memory of the gateway for one more stream, KiB', bytesPerStream / 1_024, 30],
    ['processor time of the gateway for one stream and batch, µs', cpuPerWrite * 1e6, 20],
    ['holds that a stream did not tell', heard.missed + many.missed, 0],
    ['streams that broke', watchers.closed, 0],
  ]
  return {
    verdicts: bounds.map(([what, value, atMost]) => verdict({ what, value: rounded(value, 1), atMost })),
    p50_ms: Math.round(heard.p50Ms),
    many: { streams: streams.many, p50_ms: Math.round(many.p50Ms), p99_ms: Math.round(many.p99Ms) },
    conditions: conditions({
      streams: streams.measured,
      seats_per_second: seatsPerSecond,
      seats_of_house: seatsPerHouse,
      measured_seconds: seconds.measured,
      batches: heard.batches,
      holds: buyers.held,
      refused: buyers.refused,
    }),
  }
}

/** Each a new caller, who holds four seats side by side, from the first of the house on. */
class Holders implements Customers {
  held = 0
  refused = 0
  readonly #path: string
  readonly #onHeld: (firstSeatNo: number) => void
  readonly #run = randomUUID().slice(0, 8)
  #buyers = 0

  constructor(path: string, onHeld: (firstSeatNo: number) => void) {
    this.#path = path
    this.#onHeld = onHeld
  }

  async buy(connection: HttpConnection): Promise<boolean> {
    const first = this.#buyers * placesPerHold
    this.#buyers += 1
    const name = `${this.#run}-${first}`
    const seat_nos = Array.from({ length: placesPerHold }, (_, at) => first + at)
    const answer = await connection
      .post(this.#path, JSON.stringify({ seat_nos, user_id: name }), { 'Idempotency-Key': name })
      .catch(() => undefined)
    const isHeld = answer?.status === 201
    if (isHeld) {
      this.held += 1
      this.#onHeld(first)
    } else this.refused += 1
    return isHeld
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
  return quantile(ascending(latencies), 0.99)
}

/** What Linux counts as a process' own memory that is not swapped out. */
async function residentBytes(pid: number): Promise<number> {
  const kib = /^VmRSS:\s*(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) * 1_024
}

/** What was measured, for people. */
function reportLines({ verdicts, p50_ms, many, conditions }: Result): string[] {
  return [
    '',
    `${conditions.streams} streams of one house, ${conditions.seats_per_second} seats held a second, ${conditions.batches} batches`,
    ...verdictLines(verdicts),
    `half of the streams heard within ${p50_ms} ms; with ${many.streams} streams p50 ${many.p50_ms}, p99 ${many.p99_ms} ms`,
  ]
}

/** `npm run bench -- streams`. Exit 1 when a bound is missed. */
runBenchmark({
  usage: `Usage: npm run bench -- streams
Measures how soon 2,000 clients hear of held seats, and what their streams cost, on servers of its own (two minutes).`,
  file: 'streams.json',
  measure,
  lines: reportLines,
  isGood: areGood,
}).catch(reportFailure)
