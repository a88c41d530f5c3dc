import { availableParallelism } from 'node:os'
import type { Progress } from '../../progress-bar.ts'
import type { System } from '../../system/start-system.ts'
import { cpuTimes } from '../cpu-time.ts'
import { quantile } from '../quantile.ts'
import { countSoldPlaces } from './double-sales.ts'
import { Houses, openHouses } from './houses.ts'
import { buyAsFastAsPossible, buyAtRate } from './load.ts'
import { cpuPerHold } from './measure.ts'
import { type Ending, placesPerVisit, Visitors } from './visitors.ts'

const warmUpSeconds = 5
const measuredSeconds = 12
/** Visitors at a time of the closed loops that look for the peak. */
const crowds = [8, 32, 96]
/** As many as ever wait at a time; beyond, visitors queue in the generator, and that time does not count. */
const connectionsAtRate = 2_000
/** Visits a second that no machine we know can bear. */
const fastest = 600

/** Share of the peak that is still sold at twice the load, at least; milliseconds to a refusal, at most. */
const bounds = { share: 0.9, refusedP95Ms: 100 }

interface AtRate {
  readonly visits_per_second: number
  /** Visits that ended with tickets, a second. */
  readonly bought_per_second: number
  readonly endings: Readonly<Record<Ending, number>>
  readonly hold_p99_ms: number
  readonly refused_p50_ms: number
  readonly refused_p95_ms: number
  readonly refused_p99_ms: number
  /** Milliseconds of processor time that each process spent on a visit with tickets, all others included. */
  readonly cpu_ms_per_purchase: Readonly<Record<string, number>>
}

export interface OverloadResult {
  /** The best of the closed loops. */
  readonly peak_bought_per_second: number
  readonly closed_loops: Readonly<Record<number, number>>
  readonly at_peak: AtRate
  readonly at_twice: AtRate
  /** Of the peak, at twice its load. */
  readonly share_of_peak: number
  readonly double_sales: number
  /** What missed its bound, for people. */
  readonly faults: readonly string[]
  readonly conditions: Readonly<Record<string, string | number>>
}

interface Options {
  bar(label: string): Progress
  readonly stopping: AbortSignal
}

/** How much is still sold when twice as many visitors come as the machine can bear, and how soon the others learn it. */
export async function measureOverload(system: System, options: Options): Promise<OverloadResult> {
  const { url, databaseUrl } = system
  const { bar, stopping } = options
  const visitors = async (visitsPerSecond: number, seconds: number): Promise<Visitors> => {
    const progress = bar('houses opened')
    const count = Houses.neededFor(visitsPerSecond * placesPerVisit * seconds)
    const houses = await openHouses(url, count, (opened) => progress.show(opened, count))
    progress.clear()
    return new Visitors(houses)
  }
  const closed = async (connections: number, seconds: number): Promise<number> => {
    const progress = bar(`s, ${connections} visitors at a time`)
    const buyers = await visitors(fastest, seconds)
    const onProgress = (done: number) => progress.show(Math.round(done), seconds)
    const load = await buyAsFastAsPossible({ url, buyers, connections, seconds, stopping, onProgress })
    progress.clear()
    return Math.round((load.holds / load.seconds) * 10) / 10
  }
  const atRate = async (perSecond: number): Promise<AtRate> => {
    const seconds = warmUpSeconds + measuredSeconds
    const progress = bar(`s, ${Math.round(perSecond)} visitors a second`)
    const buyers = await visitors(perSecond * 1.2, seconds)
    const onProgress = (done: number) => progress.show(Math.round(done), seconds)
    const cpuBefore = cpuTimes(system.pids())
    const begin = performance.now()
    const more = { connections: connectionsAtRate, perSecond, stopping, onProgress }
    await buyAtRate({ url, buyers, seconds, ...more })
    progress.clear()
    const cpu = cpuPerHold(
      cpuBefore,
      cpuTimes(system.pids()),
      buyers.visits.filter(({ ending }) => ending === 'bought').length,
    )
    const from = begin + warmUpSeconds * 1_000
    const until = begin + seconds * 1_000
    const within = buyers.visits.filter(({ endedAt }) => endedAt >= from && endedAt < until)
    const bought = within.filter(({ ending }) => ending === 'bought')
    const sorted = (visits: typeof within) => visits.map(({ holdMs }) => holdMs).sort((a, b) => a - b)
    const refused = sorted(within.filter(({ ending }) => ending === 'refused'))
    return {
      visits_per_second: Math.round(perSecond),
      bought_per_second: Math.round((bought.length / measuredSeconds) * 10) / 10,
      // All of them, however late.
      endings: countBy(buyers.visits.map(({ ending }) => ending)),
      hold_p99_ms: Math.round(quantile(sorted(bought), 0.99)),
      refused_p50_ms: Math.round(quantile(refused, 0.5)),
      refused_p95_ms: Math.round(quantile(refused, 0.95)),
      refused_p99_ms: Math.round(quantile(refused, 0.99)),
      cpu_ms_per_purchase: cpu,
    }
  }

  await closed(32, warmUpSeconds)
  const loops: Record<number, number> = {}
  for (const crowd of crowds) loops[crowd] = await closed(crowd, measuredSeconds)
  const peak = Math.max(...Object.values(loops))
  const atPeak = await atRate(peak)
  const atTwice = await atRate(2 * peak)
  const { doubleSales } = await countSoldPlaces(databaseUrl)
  const measured = {
    peak_bought_per_second: peak,
    closed_loops: loops,
    at_peak: atPeak,
    at_twice: atTwice,
    share_of_peak: Math.round((atTwice.bought_per_second / peak) * 100) / 100,
    double_sales: doubleSales,
  }
  return {
    ...measured,
    faults: faultsOf(measured),
    conditions: { measured_at: new Date().toISOString(), processors: availableParallelism(), node: process.version },
  }
}

function faultsOf({
  share_of_peak: share,
  at_twice: { refused_p95_ms: refusedMs, endings },
  double_sales: doubleSales,
}: Omit<OverloadResult, 'faults' | 'conditions'>): string[] {
  const others = Object.keys(endings).filter((ending) => ending !== 'bought' && ending !== 'refused')
  return [
    share < bounds.share && `${share} of the peak is sold at twice the load, at least ${bounds.share} should be`,
    refusedMs > bounds.refusedP95Ms &&
      `one refusal in twenty takes ${refusedMs} ms or more, it should be ${bounds.refusedP95Ms}`,
    others.length > 0 && `visits ended otherwise than with tickets or a 503: ${others.join(', ')}`,
    doubleSales > 0 && `${doubleSales} seats were sold twice`,
  ].filter((fault) => fault !== false)
}

function countBy(endings: readonly Ending[]): Record<Ending, number> {
  const counts: Record<Ending, number> = {}
  for (const ending of endings) counts[ending] = (counts[ending] ?? 0) + 1
  return counts
}

/** What was measured, for people. */
export function overloadLines(result: OverloadResult): string[] {
  const line = (name: string, { endings, ...at }: AtRate): string[] => [
    `${name}: ${at.visits_per_second} visitors a second, ${at.bought_per_second} bought`,
    `  hold p99 ${at.hold_p99_ms} ms; refused after ${at.refused_p50_ms} ms, p95 ${at.refused_p95_ms}, p99 ${at.refused_p99_ms} ms`,
    `  endings: ${Object.entries(endings)
      .map(([ending, count]) => `${ending} ${count}`)
      .join(', ')}`,
    `  ms of processor time a purchase: ${Object.entries(at.cpu_ms_per_purchase)
      .map(([name, ms]) => `${name} ${ms}`)
      .join(', ')}`,
  ]
  const loops = Object.entries(result.closed_loops).map(([crowd, bought]) => `${crowd}: ${bought}`)
  return [
    '',
    `visits that bought two tickets, a second, by visitors at a time: ${loops.join(', ')}`,
    ...line('at the peak', result.at_peak),
    ...line('at twice the peak', result.at_twice),
    `${Math.round(result.share_of_peak * 100)} % of the peak is sold at twice its load; double sales: ${result.double_sales}`,
    ...result.faults,
  ]
}
