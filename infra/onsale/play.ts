import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { cpuDuring } from '../bench/cpu-time.ts'
import { createEvent, type Organiser } from '../bench/organise.ts'
import { rounded } from '../bench/quantile.ts'
import { codes } from '../bench/seat-map.ts'
import { ExplainedError } from '../explained-error.ts'
import type { Output } from '../terminal/output.ts'
import { Buyer, type Sale } from './buyer.ts'
import type { OnsaleFlags } from './flags.ts'
import { Forgers, passOfAnotherEvent } from './forgers.ts'
import { announceDraw, sectionsOf, setRoom, stockOf } from './organiser.ts'
import { Panel } from './panel.ts'
import { type BuyerPlan, planBuyer } from './plan.ts'
import { QueueFront } from './queue-front.ts'
import type { Result } from './result.ts'
import { type RoomNow, RoomRecords } from './room-records.ts'
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
/** Longer than a page waits before it asks again, while the speed of the queue is unknown. */
const claimS = 15
/** Inside at a time: a fifth as many as seats, within what two processors bear. */
const active = { share: 1 / 5, least: 25, most: 300 }
/** As many may be called a minute as if each stayed inside for four seconds; the controller begins with a quarter of it. */
const calls = { perActive: 16, least: 1_200 }
const sampleEveryMs = 500
/** A run that takes longer is stopped. */
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
export async function play({ target, flags, command, output, stopping }: PlayOptions): Promise<Result> {
  const { buyers, seed, pace } = flags
  /** In the names of buyers and events. */
  const run = startedAtText()
  const organiser: Organiser = { url: target.gateways[0] ?? '', key: target.organiserKey }
  const made = { name: `On-sale ${run}`, sections: sectionsOf(flags.seats) }
  const eventId = flags.eventId ?? (await createEvent(organiser, made))
  const stock = await stockOf(organiser.url, eventId)
  using closers = new DisposableStack()
  const records = new RoomRecords(target.redisUrl, eventId)
  closers.defer(() => records.close())
  await checkRecords({ databaseUrl: target.databaseUrl, records, eventId })
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
  // Receipts have whole seconds.
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
  closers.defer(() => watchers.close())
  const forgers = new Forgers({ ...crowd, foreign })
  let soldOutAtMs: number | null = null
  const sale: Sale = {
    ...crowd,
    seatCount: stock.seats,
    holdMs,
    pace,
    front: new QueueFront(room.calls_per_minute),
    isSoldOut: () => soldOutAtMs !== null,
    onHeld: (seatNos) => watchers.answered(seatNos),
    onPass: (pass) => forgers.learn(pass),
  }
  const panel = new Panel({ buyers, seed, pace, output, tally, maxActive })
  closers.defer(() => panel.stop())
  closers.defer(() => over.abort())
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
  const playCrowd = async () => {
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
    const judgement = await judge({
      databaseUrl: target.databaseUrl,
      paymentUrl: target.paymentUrl,
      eventId,
      seats: stock.available,
      wantsAll: wantedPlaces(buyers, planOf) >= stock.available,
      since: startedAt,
      records,
      maps: watchers.maps,
      drawUrl: hasDraw ? organiser.url : null,
      tally,
      restMs: holdMs + restMs,
    })
    return { tookS, ...judgement }
  }
  const loadBefore = loadNow()
  const { result, used } = await cpuDuring(target.pids(), playCrowd)
  const { tookS, verdict, faults, admissions } = result
  const cpu = Object.fromEntries([...used].map(([name, seconds]) => [name, rounded(seconds, 1)]))
  const system = Object.entries(cpu).reduce((sum, [name, seconds]) => sum + (name === simulator ? 0 : seconds), 0)
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
      took_s: rounded(tookS, 1),
      sold_out_after_s: soldOutAtMs === null ? null : rounded((soldOutAtMs - tally.opensAtMs) / 1_000, 1),
      second_wave_after_s: rounded(firstHoldS(tally) + holdMs / 1_000, 1),
      admissions,
      purchases: tally.purchases.length,
      tickets: tally.purchases.reduce((sum, { tickets }) => sum + tickets, 0),
      requests: Object.values(tally.answersInAll).reduce((sum, count) => sum + count, 0),
      answers: tally.answersInAll,
      latencies_ms: tally.latencies(),
      stream_ms: tally.deltas(),
      streams: {
        watchers: watchers.maps.length,
        cuts: watchers.cuts,
        resets: watchers.maps.reduce((sum, { resets }) => sum + resets, 0),
      },
      eta: tally.promises(),
      forged: tally.forged,
      receipts: tally.receipts.length,
      endings: Object.fromEntries(tally.endings),
      cpu_s: cpu,
      simulator_cpu_share: system === 0 ? null : rounded((cpu[simulator] ?? 0) / system, 2),
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

function loadNow(): number {
  return rounded(loadavg()[0] ?? 0, 1)
}

function startedAtText(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')
}
