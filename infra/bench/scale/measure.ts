import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { System } from '../../system/start-system.ts'
import { withDatabase } from '../../with-database.ts'
import { type Bench, conditions, withBar } from '../bench.ts'
import { cpuDuring } from '../cpu-time.ts'
import { type Ask, askAsFastAsPossible, callerNames } from '../load.ts'
import { median, rounded } from '../quantile.ts'
import { countSoldPlaces } from '../selling/double-sales.ts'
import { openHouse } from '../selling/houses.ts'
import { type Verdict, verdict } from '../verdict.ts'
import { callMs, startNarrowProvider } from './narrow-provider.ts'

/** How many purchase workers, and how many times the purchases of one they must make. */
const stages = [
  { workers: 1, least: 1 },
  { workers: 2, least: 1.7 },
  { workers: 4, least: 3 },
] as const
/**
 * So many that no worker is idle for long, although messages go to workers at random; and so few that one worker answers each within
 * the 4.5 s after which a purchase is answered by 202.
 */
const buyersAtOnce = 16
const seconds = { warmUp: 5, measured: 20 }
const payAgainMs = 500

export interface Stage {
  readonly workers: number
  readonly purchases_per_second: number
  readonly p50_ms: number
  /** Of all processors, load generator included. */
  readonly processors_busy: number
}

export interface Result {
  readonly stages: readonly Stage[]
  readonly verdicts: readonly Verdict[]
  readonly conditions: Readonly<Record<string, string | number>>
}

/** One, two, and four purchase workers on the same servers, each with one provider call at a time. */
export async function measure(system: System, bench: Bench): Promise<Result> {
  const { url, paymentUrl, databaseUrl } = system
  const ask = buyInOneCall(await openHouse(url))
  const buy = (label: string, forSeconds: number) =>
    withBar(bench, { label, seconds: forSeconds }, (time) =>
      askAsFastAsPossible({ url, ask, connections: buyersAtOnce }, time),
    )
  const measured: Stage[] = []
  let started = 0
  for (const { workers } of stages) {
    for (; started < workers; started += 1) {
      await system.start('purchase', { PAYMENT_URL: await startNarrowProvider(paymentUrl, bench) })
    }
    await buy(`${workers} workers: warming up`, seconds.warmUp)
    const { result: load, used } = await cpuDuring(system.pids(), () => buy(`${workers} workers`, seconds.measured))
    const cpu = [...used.values()].reduce((sum, each) => sum + each, 0)
    measured.push({
      workers,
      purchases_per_second: rounded(load.succeeded / load.seconds, 2),
      p50_ms: Math.round(median(load.latenciesMs)),
      processors_busy: rounded(cpu / load.seconds / availableParallelism(), 2),
    })
  }
  const [one] = measured
  const ratios = measured.slice(1).map(({ workers, purchases_per_second: rate }, index) => {
    const value = rounded(rate / (one?.purchases_per_second ?? 0), 2)
    const what = `purchases of ${workers} purchase workers to those of one`
    return verdict({ what, value, at_least: stages[index + 1]?.least })
  })
  const { doubleSales } = await withDatabase(databaseUrl, countSoldPlaces)
  return {
    stages: measured,
    verdicts: [...ratios, verdict({ what: 'double sales', value: doubleSales, at_most: 0 })],
    conditions: conditions({
      provider_call_ms: callMs,
      provider_calls_at_a_time: 1,
      buyers_at_once: buyersAtOnce,
      measured_seconds: seconds.measured,
    }),
  }
}

/** A new caller buys one place in one call. */
function buyInOneCall(eventId: string): Ask {
  const nextName = callerNames()
  return async (connection) => {
    const name = nextName()
    const wish = { event_id: eventId, best_available: { qty: 1 }, payment_token: 'tok_ok', user_id: name }
    for (;;) {
      const { status } = await connection.post('/purchase', JSON.stringify(wish), { 'Idempotency-Key': name })
      if (status !== 202) return status === 201
      await pause(payAgainMs)
    }
  }
}
