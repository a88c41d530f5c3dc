import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { reportFailure } from '../../explained-error.ts'
import { freePort } from '../../system/free-port.ts'
import { type Bench, conditions, runBenchmark, withBar } from '../bench.ts'
import { cpuDuring } from '../cpu-time.ts'
import type { HttpConnection } from '../http-connection.ts'
import { liveMemory } from '../live-memory.ts'
import { type Ask, askAtRate, callerNames } from '../load.ts'
import { ascending, quantile, rounded } from '../quantile.ts'
import { placesPerHold, seatsFrom } from '../selling/buyers.ts'
import { openHouse, seatsPerHouse } from '../selling/houses.ts'
import { verdict, verdictLines } from '../verdict.ts'
import { Watchers } from './watchers.ts'

const seatsPerSecond = 100
const streams = { few: 300, measured: 2_000, many: 4_000 }
const seconds = { warmUp: 5, traffic: 10, measured: 20 }
/** For the last batches to arrive. */
const settleMs = 1_500

/** One address opens them all. */
const settings = { MAX_CONNECTIONS_PER_ADDRESS: '10000', MAX_STREAMS: '10000', MAX_STREAMS_PER_CALLER: '10000' }

type Result = Awaited<ReturnType<typeof measure>>

/** Buyers hold seats of one house, while more and more clients watch it. */
async function measure(bench: Bench) {
  const system = await bench.start({ counts: { gateway: 0 } })
  const inspectorPort = await freePort()
  const inspected = { NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}` }
  const { url, pid } = await system.start('gateway', { ...settings, ...inspected })
  const eventId = await openHouse(url)
  const watchers = new Watchers({ url, eventId, seatCount: seatsPerHouse })
  bench.onStop(() => watchers.close())
  const nextName = callerNames()
  let [held, refused, nextSeat] = [0, 0, 0]
  /** A new caller holds four seats side by side, from the first of the house on. */
  const hold: Ask = async (connection) => {
    const first = nextSeat
    nextSeat += placesPerHold
    const name = nextName()
    const wish = JSON.stringify({ seat_nos: seatsFrom(first), user_id: name })
    const { status } = await connection.post(`/events/${eventId}/holds`, wish, { 'Idempotency-Key': name })
    if (status === 201) watchers.answered(first)
    return status === 201
  }
  /** Lets buyers come for a while. Answers what the watchers heard of it. */
  const watch = async (label: string, forSeconds: number) => {
    watchers.restart()
    const buyers = { url, ask: hold, connections: 16, perSecond: seatsPerSecond / placesPerHold }
    const load = await withBar(bench, { label, seconds: forSeconds }, (time) => askAtRate(buyers, time))
    held += load.succeeded
    refused += load.latenciesMs.length + load.failures - load.succeeded
    await pause(settleMs)
    const heard = watchers.figures()
    return { ...heard, missed: load.succeeded * watchers.count - heard.heard }
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
  const readers = { url, ask: readEvents, connections: 10, perSecond: 20 }
  const { result, used } = await cpuDuring(new Map([['gateway', pid]]), () =>
    Promise.all([
      watch(label, seconds.measured),
      askAtRate(readers, { seconds: seconds.measured, stopping: bench.stopping }),
    ]),
  )
  const [heard, reading] = result
  const readP99Ms = quantile(ascending(reading.latenciesMs), 0.99)
  const many = await memoryWith(streams.many)
  const bytesPerStream = (many.bytes - few.bytes) / (streams.many - streams.few)
  const cpuPerWrite = (used.get('gateway') ?? Number.NaN) / (heard.batches * streams.measured)
  // What may be demanded, on two processors that the load generator shares.
  const bounds: readonly [what: string, value: number, at_most: number][] = [
    ["from a hold's answer until 99 % of the streams have it, ms", heard.p99Ms, 500],
    ['other requests of that gateway, 99th percentile, ms', readP99Ms, 250],
    ['other requests that failed', reading.failures, 0],
    ['memory of the gateway for one more stream, KiB', bytesPerStream / 1_024, 30],
    ['processor time of the gateway for one stream and batch, µs', cpuPerWrite * 1e6, 20],
    ['holds that did not reach a stream', heard.missed + many.missed, 0],
    ['streams that broke', watchers.closed, 0],
  ]
  return {
    verdicts: bounds.map(([what, value, at_most]) => verdict({ what, value: rounded(value, 1), at_most })),
    p50_ms: Math.round(heard.p50Ms),
    /** With the largest number of streams. */
    many: { streams: streams.many, p50_ms: Math.round(many.p50Ms), p99_ms: Math.round(many.p99Ms) },
    conditions: conditions({
      streams: streams.measured,
      seats_per_second: seatsPerSecond,
      seats_of_house: seatsPerHouse,
      measured_seconds: seconds.measured,
      batches: heard.batches,
      holds: held,
      refused,
    }),
  }
}

async function readEvents(connection: HttpConnection): Promise<boolean> {
  const { status } = await connection.get('/events')
  if (status !== 200) throw new Error(`GET /events was answered by ${status}`)
  return true
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
}).catch(reportFailure)
