import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { cpuTimes } from '../bench/cpu-time.ts'
import { ExplainedError } from '../explained-error.ts'
import type { Output } from '../terminal/output.ts'
import { Buyer, type Sale } from './buyer.ts'
import type { OnsaleFlags } from './flags.ts'
import { Forgers, passOfAnotherEvent } from './forgers.ts'
import { announceDraw, createEvent, type Organiser, type Stock, setRoom, stockOf } from './organiser.ts'
import { Panel } from './panel.ts'
import { type BuyerPlan, planBuyer } from './plan.ts'
import { QueueFront } from './queue-front.ts'
import type { Result } from './result.ts'
import { type RoomNow, RoomRecords } from './room-records.ts'
import { codes } from './seat-map.ts'
import { Sleeper } from './sleeper.ts'
import { Tally } from './tally.ts'
import type { Target } from './target.ts'
import { checkRecords, judge } from './verdict.ts'
import { Watchers } from './watchers.ts'

/** What a real on-sale has, before time is compressed. */
const real = { preQueueMs: 15 * 60_000, holdMs: 10 * 60_000, sessionS: 15 * 60, idleS: 5 * 60 }
/** A draw closes so long before the opening, and never later than a second before it. */
const drawMs = { before: 60_000, least: 1_000 }
/** A room takes no shorter times than these. */
const least = { sessionS: 60, idleS: 30 }
/** Longer than a page waits before it asks again, while nobody knows how fast the queue moves. */
const claimS = 15
/** Inside at a time: a tenth as many as seats, within what two processors bear. */
const active = { share: 1 / 10, least: 25, most: 300 }
/** As many may be called a minute as if each stayed inside for four seconds; the controller begins with a quarter of it. */
const calls = { perActive: 16, least: 1_200 }
const sampleEveryMs = 500
/** Nobody waits for a run that does not end. */
const longestMs = 20 * 60_000
/** Beyond the last hold. */
const restMs = 20_000

export interface PlayOptions {
  readonly target: Target
  readonly flags: OnsaleFlags
  readonly command: string
  readonly output: Output
  readonly stopping: AbortSignal
}

/** How long a hold lasts in compressed time. */
export function holdMsAt(pace: number): number {
  return real.holdMs / pace
}

/** Plays a whole on-sale and judges it. Throws `ExplainedError` where that cannot be done. */
export async function play(options: PlayOptions): Promise<Result> {
  const { target, flags } = options
  const run = startedAtText()
  const organiser: Organiser = { url: target.gateways[0] ?? '', key: target.organiserKey }
  const eventId = flags.eventId ?? (await createEvent(organiser, { name: `On-sale ${run}`, seats: flags.seats }))
  const stock = await stockOf(organiser.url, eventId)
  const records = new RoomRecords(target.redisUrl, eventId)
  try {
    await checkRecords({ databaseUrl: target.databaseUrl, records, eventId })
    return await playAt({ ...options, run, organiser, eventId, stock, records })
  } finally {
    records.close()
  }
}

interface Scene extends PlayOptions {
  /** Name of the run, in those of buyers and events. */
  readonly run: string
  readonly organiser: Organiser
  readonly eventId: string
  readonly stock: Stock
  readonly records: RoomRecords
}

async function playAt(scene: Scene): Promise<Result> {
  const { target, flags, command, output, stopping, run, organiser, eventId, stock, records } = scene
  const { buyers, seed, pace } = flags
  const startedAt = new Date()
  const planOf = (number: number): BuyerPlan => {
    const plan = planBuyer(seed, number)
    return { ...plan, places: Math.min(plan.places, stock.maxPlaces) }
  }
  const maxActive = Math.min(active.most, Math.max(active.least, Math.ceil(stock.available * active.share)))
  const room = {
    calls_per_minute: flags.fixedRate ?? Math.max(calls.least, maxActive * calls.perActive),
    max_active: maxActive,
    claim_s: claimS,
    session_s: Math.max(least.sessionS, Math.round(real.sessionS / pace)),
    idle_s: Math.max(least.idleS, Math.round(real.idleS / pace)),
    adaptive: flags.fixedRate === undefined,
  }
  const holdMs = holdMsAt(pace)
  const tally = new Tally(buyers)
  const over = new AbortController()
  const stopped = AbortSignal.any([stopping, AbortSignal.timeout(longestMs)])
  const addressOf = (number: number): string | undefined => (target.isLocal ? addressNumber(number) : undefined)
  const sleeper = new Sleeper(stopped)
  const foreign = await passOfAnotherEvent(organiser, run, sleeper)
  const preQueueMs = real.preQueueMs / pace
  const opensAt = Date.now() + preQueueMs
  // Receipts tell whole seconds.
  const closesAt = new Date(Math.floor((opensAt - Math.max(drawMs.least, drawMs.before / pace)) / 1_000) * 1_000)
  const hasDraw = await announceDraw(organiser, eventId, room, {
    closes_at: closesAt.toISOString(),
    opens_at: new Date(opensAt).toISOString(),
  })
  tally.opensAtMs = performance.now() + opensAt - Date.now()
  output.print(
    `The waiting room of the event lets in ${maxActive} at a time, from ${new Date(opensAt).toISOString().slice(11, 19)} on, ${hasDraw ? 'by lot' : 'in order of arrival: it had its queue before'}.`,
  )

  const crowd = { gateways: target.gateways, eventId, tally, sleeper, run, addressOf }
  const watchers = new Watchers({ ...crowd, seatCount: stock.seats })
  const forgers = new Forgers({ ...crowd, foreign })
  let secondPlaces = 0
  const receipts: string[] = []
  let soldOutAtMs: number | null = null
  const sale: Sale = {
    ...crowd,
    seatCount: stock.seats,
    holdMs,
    pace,
    front: new QueueFront(room.calls_per_minute),
    isSoldOut: () => soldOutAtMs !== null,
    onHeld: (seatNos) => watchers.answered(seatNos),
    onPass: (userId, pass) => forgers.learn({ userId, pass }),
    onReceipt: (receipt) => receipts.push(receipt),
    onSecondPlace: () => {
      secondPlaces += 1
    },
  }
  const panel = new Panel({ buyers, seed, pace, output, tally, maxActive })
  const sample = async (): Promise<void> => {
    let now: RoomNow = { serving: 0, rate: null, active: 0, called: 0 }
    for (let number = 1; !over.signal.aborted; number += 1) {
      await pause(sampleEveryMs, undefined, { signal: over.signal }).catch(() => undefined)
      // A busy Redis may leave one out: then what was known goes on.
      now = await records.now().catch(() => now)
      if (soldOutAtMs === null && watchers.isSoldOut()) soldOutAtMs = performance.now()
      if (number % 2 === 1) continue
      const { active, called, serving, rate } = now
      const [free, held, sold] = [codes.free, codes.held, codes.sold].map((code) => watchers.count(code))
      const seats = { free: free ?? 0, held: held ?? 0, sold: sold ?? 0 }
      panel.tick(tally.tick({ waiting: tally.inState.queueing, active, called, serving, rate, ...seats }))
    }
  }
  const cpuBefore = cpuTimes(target.pids())
  const loadBefore = loadNow()
  try {
    const background = [watchers.watch(over.signal), sample()]
    const opening = openAt(tally.opensAtMs, stopped, async () => {
      if (!hasDraw) await setRoom(organiser, eventId, { ...room, state: 'open' })
      background.push(forgers.forge(over.signal))
    })
    await Promise.all([
      opening,
      ...Array.from({ length: buyers }, (_, number) => new Buyer(planOf(number), sale, run).visit()),
    ])
    const tookS = (performance.now() - tally.opensAtMs) / 1_000
    over.abort()
    await Promise.all(background)
    panel.stop()
    if (stopping.aborted) throw new ExplainedError('Stopped before the end: there is no verdict.')
    output.print('Everybody has gone; waiting for rest, and judging by the records of the system …')
    watchers.openAll()
    const { verdict, faults, admissions } = await judge({
      databaseUrl: target.databaseUrl,
      paymentUrl: target.paymentUrl,
      eventId,
      seats: stock.available,
      wantsAll: wantedPlaces(buyers, planOf) >= stock.available,
      since: startedAt,
      records,
      maps: watchers.maps,
      secondPlaces,
      drawUrl: hasDraw ? organiser.url : null,
      receipts,
      tally,
      restMs: holdMs + restMs,
    })
    const cpu = usedSince(cpuBefore, cpuTimes(target.pids()))
    const system = Object.entries(cpu).reduce((sum, [name, used]) => sum + (name === simulator ? 0 : used), 0)
    return {
      started_at: startedAt.toISOString(),
      command,
      event_id: eventId,
      system: target.name,
      buyers,
      seats: stock.available,
      seed,
      pace,
      room: {
        calls_per_minute: room.calls_per_minute,
        max_active: maxActive,
        fixed_rate: flags.fixedRate !== undefined,
        claim_s: room.claim_s,
        session_s: room.session_s,
        hold_s: holdMs / 1_000,
        pre_queue_s: preQueueMs / 1_000,
        draw: hasDraw,
      },
      verdict,
      passed: faults.length === 0,
      faults,
      figures: {
        took_s: tenths(tookS),
        sold_out_after_s: soldOutAtMs === null ? null : tenths((soldOutAtMs - tally.opensAtMs) / 1_000),
        second_wave_after_s: tenths(firstHoldS(tally) + holdMs / 1_000),
        admissions,
        purchases: tally.purchases.length,
        tickets: tally.purchases.reduce((sum, { tickets }) => sum + tickets, 0),
        requests: Object.values(tally.answersInAll).reduce((sum, count) => sum + count, 0),
        answers: tally.answersInAll,
        latencies_ms: tally.latencies(),
        stream_ms: tally.deltas(),
        streams: {
          watchers: watchers.maps.length,
          cuts: watchers.maps.reduce((sum, { cuts }) => sum + cuts, 0),
          resets: watchers.maps.reduce((sum, { resets }) => sum + resets, 0),
        },
        eta: tally.promises(),
        forged: tally.forged,
        receipts: receipts.length,
        endings: Object.fromEntries(tally.endings),
        cpu_s: cpu,
        simulator_cpu_share: system === 0 ? null : Math.round(((cpu[simulator] ?? 0) / system) * 100) / 100,
        simulator_mib: Math.round(process.resourceUsage().maxRSS / 1_024),
      },
      conditions: {
        processors: availableParallelism(),
        model: cpus()[0]?.model.trim() ?? 'processors',
        memory_gib: Math.round(totalmem() / 2 ** 30),
        load_before: loadBefore,
        load_after: loadNow(),
        node: process.version,
      },
      series: tally.seconds,
    }
  } finally {
    over.abort()
    panel.stop()
    watchers.close()
  }
}

const simulator = 'load generator'

/** Opens the room when it is time, unless the run is stopped before. */
async function openAt(atMs: number, stopped: AbortSignal, open: () => Promise<void>): Promise<void> {
  await pause(Math.max(0, atMs - performance.now()), undefined, { signal: stopped }).catch(() => undefined)
  if (!stopped.aborted) await open()
}

function wantedPlaces(buyers: number, planOf: (number: number) => BuyerPlan): number {
  const plans = Array.from({ length: buyers }, (_, number) => planOf(number))
  return plans.reduce((sum, { places, habit }) => sum + (habit === 'buys' ? places : 0), 0)
}

/** When the first hold was answered, in seconds from the opening. */
function firstHoldS({ seconds }: Tally): number {
  return seconds.find(({ latencies }) => latencies.hold !== undefined)?.at ?? 0
}

/** One of the sixteen million addresses of this machine. */
function addressNumber(number: number): string {
  const from = 0x7f010001 + number
  return [24, 16, 8, 0].map((shift) => (from >>> shift) & 255).join('.')
}

function usedSince(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...after].map(([name, used]) => [name, tenths(used - (before.get(name) ?? 0))]))
}

function loadNow(): number {
  return tenths(loadavg()[0] ?? 0)
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}

function startedAtText(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')
}
