import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { Progress } from '../../ops/import/progress-bar.ts'
import type { System } from '../../system/start-system.ts'
import { cpuTimes } from '../cpu-time.ts'
import type { HttpConnection } from '../http-connection.ts'
import { countSoldPlaces } from '../selling/double-sales.ts'
import { openHouses } from '../selling/houses.ts'
import { buyAsFastAsPossible, type Customers } from '../selling/load.ts'
import { callMs, NarrowProvider } from './narrow-provider.ts'

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
  /** To one worker. */
  readonly ratio: number
  readonly least: number
  readonly p50_ms: number
  /** Of all processors, load generator included. */
  readonly processors_busy: number
}

export interface Result {
  readonly stages: readonly Stage[]
  readonly double_sales: number
  readonly conditions: Readonly<Record<string, string | number>>
}

interface Options {
  bar(label: string): Progress
  readonly stopping: AbortSignal
}

/** One, two, and four purchase workers on the same servers, each with one provider call at a time. */
export async function measure(system: System, { bar, stopping }: Options): Promise<Result> {
  const { url, paymentUrl, databaseUrl } = system
  const [eventId = ''] = (await openHouses(url, 1, () => undefined)).ids
  const providers: NarrowProvider[] = []
  const buyers = new OneCallBuyers(eventId)
  const buy = async (label: string, forSeconds: number) => {
    const progress = bar(`s, ${label}`)
    const onProgress = (done: number): void => progress.show(Math.round(done), forSeconds)
    const load = await buyAsFastAsPossible({
      url,
      buyers,
      connections: buyersAtOnce,
      seconds: forSeconds,
      stopping,
      onProgress,
    })
    progress.clear()
    return load
  }
  try {
    const measured: Omit<Stage, 'ratio'>[] = []
    for (const { workers, least } of stages) {
      while (providers.length < workers) {
        const provider = await NarrowProvider.start(paymentUrl)
        providers.push(provider)
        await system.start('purchase', { PAYMENT_URL: provider.url })
      }
      await buy(`${workers} workers: warming up`, seconds.warmUp)
      const cpuBefore = sumOf(cpuTimes(system.pids()))
      const load = await buy(`${workers} workers`, seconds.measured)
      const cpu = sumOf(cpuTimes(system.pids())) - cpuBefore
      measured.push({
        workers,
        purchases_per_second: hundredths(load.holds / load.seconds),
        least,
        p50_ms: Math.round(load.latenciesMs[Math.floor(load.latenciesMs.length / 2)] ?? 0),
        processors_busy: hundredths(cpu / load.seconds / availableParallelism()),
      })
    }
    const [one] = measured
    const { doubleSales } = await countSoldPlaces(databaseUrl)
    return {
      stages: measured.map((stage) => ({
        ...stage,
        ratio: hundredths(stage.purchases_per_second / (one?.purchases_per_second ?? 0)),
      })),
      double_sales: doubleSales,
      conditions: {
        measured_at: new Date().toISOString(),
        processors: availableParallelism(),
        node: process.version,
        provider_call_ms: callMs,
        provider_calls_at_a_time: 1,
        buyers_at_once: buyersAtOnce,
        measured_seconds: seconds.measured,
      },
    }
  } finally {
    for (const provider of providers) await provider.stop()
  }
}

/** Each a new caller, who buys one place in one call. */
class OneCallBuyers implements Customers {
  readonly #eventId: string
  readonly #run = randomUUID().slice(0, 8)
  #buyers = 0

  constructor(eventId: string) {
    this.#eventId = eventId
  }

  async buy(connection: HttpConnection): Promise<boolean> {
    this.#buyers += 1
    const name = `${this.#run}-${this.#buyers}`
    const wish = { event_id: this.#eventId, best_available: { qty: 1 }, payment_token: 'tok_ok', user_id: name }
    for (;;) {
      const answer = await connection.post('/purchase', JSON.stringify(wish), { 'Idempotency-Key': name })
      if (answer.status !== 202) return answer.status === 201
      await pause(payAgainMs)
    }
  }
}

function sumOf(times: ReadonlyMap<string, number>): number {
  return [...times.values()].reduce((sum, used) => sum + used, 0)
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
