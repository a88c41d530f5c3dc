import type { System } from '../../system/start-system.ts'
import { withDatabase } from '../../with-database.ts'
import { type Bench, conditions, withBar } from '../bench.ts'
import { cpuDuring, msEach } from '../cpu-time.ts'
import { askAsFastAsPossible, askAtRate } from '../load.ts'
import { ascending, quantile, rounded } from '../quantile.ts'
import { type Verdict, verdict, verdictLines } from '../verdict.ts'
import { countSoldPlaces } from './double-sales.ts'
import { openHouses } from './houses.ts'
import { pairs } from './report.ts'
import { placesPerVisit, visitorsOf } from './visitors.ts'

const warmUpSeconds = 5
const measuredSeconds = 12
/** Visitors at a time of the closed loops that look for the peak. */
const crowds = [8, 32, 96]
/** As many as ever wait at a time; beyond, visitors queue in the generator, and that time does not count. */
const connectionsAtRate = 2_000
/** Visits a second that no machine we know can bear. */
const fastest = 600

interface AtRate {
  readonly visits_per_second: number
  /** Visits that ended with tickets, a second. */
  readonly bought_per_second: number
  /** How many visits ended in which way. */
  readonly endings: Readonly<Record<string, number>>
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
  readonly verdicts: readonly Verdict[]
  readonly conditions: Readonly<Record<string, string | number>>
}

/** How much is still sold when twice as many visitors come as the machine can bear, and how soon the others learn it. */
export async function measureOverload({ url, databaseUrl, pids }: System, bench: Bench): Promise<OverloadResult> {
  const buyInClosedLoop = async (connections: number, seconds: number): Promise<number> => {
    const { ask } = visitorsOf(await openHouses(url, fastest * placesPerVisit * seconds, bench))
    const load = await withBar(bench, { label: `${connections} visitors at a time`, seconds }, (time) =>
      askAsFastAsPossible({ url, ask, connections }, time),
    )
    return rounded(load.succeeded / load.seconds, 1)
  }
  const buyAtRate = async (perSecond: number): Promise<AtRate> => {
    const seconds = warmUpSeconds + measuredSeconds
    const { ask, visits } = visitorsOf(await openHouses(url, 1.2 * perSecond * placesPerVisit * seconds, bench))
    const begin = performance.now()
    const { used } = await cpuDuring(pids(), () =>
      withBar(bench, { label: `${Math.round(perSecond)} visitors a second`, seconds }, (time) =>
        askAtRate({ url, ask, connections: connectionsAtRate, perSecond }, time),
      ),
    )
    const from = begin + warmUpSeconds * 1_000
    const within = visits.filter(({ endedAt }) => endedAt >= from && endedAt < begin + seconds * 1_000)
    const holdMs = (wanted: string) =>
      ascending(within.flatMap(({ ending, holdMs }) => (ending === wanted ? [holdMs] : [])))
    const [bought, refused] = [holdMs('bought'), holdMs('refused')]
    // All of them, however late.
    const byEnding = Map.groupBy(visits, ({ ending }) => ending)
    return {
      visits_per_second: Math.round(perSecond),
      bought_per_second: rounded(bought.length / measuredSeconds, 1),
      endings: Object.fromEntries([...byEnding].map(([ending, those]) => [ending, those.length])),
      hold_p99_ms: Math.round(quantile(bought, 0.99)),
      refused_p50_ms: Math.round(quantile(refused, 0.5)),
      refused_p95_ms: Math.round(quantile(refused, 0.95)),
      refused_p99_ms: Math.round(quantile(refused, 0.99)),
      cpu_ms_per_purchase: msEach(used, byEnding.get('bought')?.length ?? 0),
    }
  }

  await buyInClosedLoop(32, warmUpSeconds)
  const loops: Record<number, number> = {}
  for (const crowd of crowds) loops[crowd] = await buyInClosedLoop(crowd, measuredSeconds)
  const peak = Math.max(...Object.values(loops))
  const atPeak = await buyAtRate(peak)
  const atTwice = await buyAtRate(2 * peak)
  const { bought = 0, refused = 0, ...others } = atTwice.endings
  const strange = Object.values(others).reduce((sum, count) => sum + count, 0)
  const { doubleSales } = await withDatabase(databaseUrl, countSoldPlaces)
  return {
    peak_bought_per_second: peak,
    closed_loops: loops,
    at_peak: atPeak,
    at_twice: atTwice,
    verdicts: [
      verdict({
        what: 'share of the peak that is sold at twice its load',
        value: atTwice.bought_per_second / peak,
        at_least: 0.9,
      }),
      // None of them is a good figure, too.
      verdict({ what: 'ms until 95 % of the refused know it', value: atTwice.refused_p95_ms || 0, at_most: 100 }),
      verdict({ what: 'visits that ended otherwise than with tickets or a 503', value: strange, at_most: 0 }),
      verdict({ what: 'double sales', value: doubleSales, at_most: 0 }),
    ],
    conditions: conditions({}),
  }
}

/** What was measured, for people. */
export function overloadLines({ closed_loops, at_peak, at_twice, verdicts }: OverloadResult): string[] {
  const line = (name: string, at: AtRate): string[] => [
    `${name}: ${at.visits_per_second} visitors a second, ${at.bought_per_second} bought`,
    `  hold p99 ${at.hold_p99_ms} ms; refused after ${at.refused_p50_ms} ms, p95 ${at.refused_p95_ms}, p99 ${at.refused_p99_ms} ms`,
    `  endings: ${pairs(at.endings)}`,
    `  ms of processor time a purchase: ${pairs(at.cpu_ms_per_purchase)}`,
  ]
  return [
    '',
    `visits that bought two tickets, a second, by visitors at a time: ${pairs(closed_loops)}`,
    ...line('at the peak', at_peak),
    ...line('at twice the peak', at_twice),
    ...verdictLines(verdicts),
  ]
}
