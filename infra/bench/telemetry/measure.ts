import { availableParallelism } from 'node:os'
import type { Progress } from '../../ops/import/progress-bar.ts'
import { cpuTimes } from '../cpu-time.ts'
import { HttpConnection } from '../http-connection.ts'
import { quantile } from '../quantile.ts'
import { liveMemory } from './live-memory.ts'
import type { ObservedSystem, ObservedSystems } from './system.ts'
import { type Comparison, comparisons, type Variant, variants } from './variants.ts'

const rounds = 5
const requestsPerRound = 20_000
/** Until code is compiled and memory is what it needs. */
const warmUpRequests = 20_000
const connections = 50

const mebibyte = 1_048_576

/** Processor time of one request, in µs, by process. */
type Cost = Readonly<Record<string, number>>

export interface ComparisonResult extends Comparison {
  /** The ratio of each round. */
  readonly ratios: readonly number[]
  readonly median: number
  readonly isGood: boolean
}

export interface Result {
  readonly comparisons: readonly ComparisonResult[]
  /** Medians of the rounds, in µs a request: all processes together, and each. */
  readonly cpu_us: Readonly<Record<Variant, Cost>>
  /** How much more memory each process needs than after warming up, in MiB, after `requests` more. */
  readonly growth_mib: Readonly<Record<Variant, Cost>>
  readonly requests: number
  readonly conditions: Readonly<Record<string, string | number>>
}

export interface MeasureOptions {
  bar(label: string): Progress
  readonly stopping: AbortSignal
}

/**
 * Sends the same requests to each variant in turn, round after round, in one order and then in the other, and compares within
 * a round. All of them miss the cache and find nothing in the database: no request costs less beside its spans.
 */
export async function measure(systems: ObservedSystems, options: MeasureOptions): Promise<Result> {
  for (const variant of variants) await send(systems.of[variant], `${variant}: warming up`, warmUpRequests, options)
  const before = await memories(systems)
  const costs = mapVariants((): Cost[] => [])
  for (let round = 0; round < rounds; round += 1) {
    for (const variant of round % 2 === 0 ? variants : variants.toReversed()) {
      const label = `${variant}: round ${round + 1} of ${rounds}`
      costs[variant].push(await send(systems.of[variant], label, requestsPerRound, options))
    }
  }
  const after = await memories(systems)
  return {
    comparisons: comparisons.map((comparison) => compare(comparison, costs)),
    cpu_us: mapVariants((variant) => medians(costs[variant])),
    growth_mib: mapVariants((variant) => growth(before[variant], after[variant])),
    requests: rounds * requestsPerRound,
    conditions: {
      measured_at: new Date().toISOString(),
      processors: availableParallelism(),
      node: process.version,
      connections,
      rounds,
      requests_per_round: requestsPerRound,
    },
  }
}

function compare(comparison: Comparison, costs: Readonly<Record<Variant, readonly Cost[]>>): ComparisonResult {
  const { variant, baseline, bound } = comparison
  const ratios = costs[variant].map((cost, round) => (cost.total ?? 0) / (costs[baseline][round]?.total ?? Number.NaN))
  const ratio = median(ratios)
  return { ...comparison, ratios, median: ratio, isGood: ratio <= bound }
}

let serial = 0

/** Answers what a request cost. Throws when one is not answered with 200. */
async function send(
  { url, pids }: ObservedSystem,
  label: string,
  count: number,
  { bar, stopping }: MeasureOptions,
): Promise<Cost> {
  const progress = bar(label)
  const usedBefore = cpuTimes(pids)
  let sent = 0
  const keepAsking = async (): Promise<void> => {
    const connection = new HttpConnection(url)
    try {
      while (sent < count) {
        stopping.throwIfAborted()
        sent += 1
        serial += 1
        const { status, body } = await connection.get(`/events?city=nowhere-${serial}`)
        if (status !== 200) throw new Error(`${status} ${body}`)
        if (sent % 500 === 0) progress.show(sent, count)
      }
    } finally {
      connection.close()
    }
  }
  try {
    await Promise.all(Array.from({ length: connections }, keepAsking))
  } finally {
    progress.clear()
  }
  const used = cpuTimes(pids)
  const perRequest = [...pids.keys()].map(
    (name) => [name, (((used.get(name) ?? 0) - (usedBefore.get(name) ?? 0)) * 1e6) / count] as const,
  )
  return { total: perRequest.reduce((sum, [, us]) => sum + us, 0), ...Object.fromEntries(perRequest) }
}

/** Bytes that each process of each variant needs. */
async function memories(systems: ObservedSystems): Promise<Record<Variant, Record<string, number>>> {
  const sizes = variants.map(async (variant) => {
    const ports = [...systems.of[variant].inspectorPorts]
    return [
      variant,
      Object.fromEntries(await Promise.all(ports.map(async ([name, port]) => [name, await liveMemory(port)]))),
    ]
  })
  return Object.fromEntries(await Promise.all(sizes))
}

function growth(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): Cost {
  return Object.fromEntries(
    Object.entries(after).map(([name, bytes]) => [name, (bytes - (before[name] ?? 0)) / mebibyte]),
  )
}

function mapVariants<Value>(of: (variant: Variant) => Value): Record<Variant, Value> {
  return Object.fromEntries(variants.map((variant) => [variant, of(variant)])) as Record<Variant, Value>
}

function medians(costs: readonly Cost[]): Cost {
  const names = Object.keys(costs[0] ?? {})
  return Object.fromEntries(names.map((name) => [name, median(costs.map((cost) => cost[name] ?? Number.NaN))]))
}

function median(values: readonly number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  )
}
