import { ExplainedError, reportFailure } from '../../explained-error.ts'
import { type Bench, conditions, runBenchmark } from '../bench.ts'
import type { Traffic } from '../closed-loop.ts'
import { liveMemory } from '../live-memory.ts'
import { median } from '../quantile.ts'
import { inTurn } from '../reading/plan.ts'
import { getRequest } from '../reading/requests.ts'
import { type Sample, sampleOf } from '../sample.ts'
import { areGood, type Verdict, verdict, verdictLines } from '../verdict.ts'
import { type ObservedSystem, startObservedSystems, type Variant, variants } from './systems.ts'

const rounds = 5
/** Some 20,000 misses; until code is compiled and memory is what it needs, and in each round. */
const [warmUpMs, measuredMs] = [20_000, 15_000]
const connections = 50

/** What one variant may cost beside another, in processor time a request: the highest ratio that is good. */
const comparisons: readonly { readonly variant: Variant; readonly baseline: Variant; readonly bound: number }[] = [
  { variant: '1 %', baseline: 'off', bound: 1.1 },
  { variant: '100 %', baseline: 'off', bound: 1.5 },
  { variant: '100 %, black hole', baseline: '100 %', bound: 1.05 },
]

interface Row {
  readonly variant: Variant
  /** Medians of the rounds, in µs a request. */
  readonly all_us: number
  readonly gateway_us: number
  readonly worker_us: number
  /** How much more memory each needs than after warming up, in MiB, after `requests` more. */
  readonly gateway_growth_mib: number
  readonly worker_growth_mib: number
  readonly requests: number
}

interface Result {
  readonly rows: readonly Row[]
  readonly verdicts: readonly Verdict[]
  /** Bytes of spans. */
  readonly received: number
  readonly conditions: object
}

/**
 * Sends the same requests to each variant in turn, round after round, in one order and then in the other, and compares within
 * a round. All of them miss the cache and find nothing in the database: no request costs less beside its spans.
 */
async function measure(bench: Bench): Promise<Result> {
  const { systems, received } = await startObservedSystems(bench)
  for (const system of systems) await send(bench, system, 'warming up', warmUpMs)
  const before = await Promise.all(systems.map(memoryOf))
  const samples = new Map(variants.map((variant): [Variant, Sample[]] => [variant, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const system of inTurn(systems, round)) {
      const label = `round ${round + 1} of ${rounds}`
      samples.get(system.variant)?.push(await send(bench, system, label, measuredMs))
    }
  }
  const after = await Promise.all(systems.map(memoryOf))
  const of = (variant: Variant): readonly Sample[] => samples.get(variant) ?? []
  const growth = (index: number, name: 'gateway' | 'worker'): number =>
    ((after[index]?.[name] ?? Number.NaN) - (before[index]?.[name] ?? 0)) / 1_048_576
  return {
    rows: variants.map((variant, index) => ({
      variant,
      all_us: median(of(variant).map((sample) => sample.all_cpu_us)),
      gateway_us: median(of(variant).map((sample) => sample.gateway_cpu_us)),
      worker_us: median(of(variant).map((sample) => sample.all_cpu_us - sample.gateway_cpu_us)),
      gateway_growth_mib: growth(index, 'gateway'),
      worker_growth_mib: growth(index, 'worker'),
      requests: of(variant).reduce((sum, { answered }) => sum + answered, 0),
    })),
    verdicts: comparisons.map(({ variant, baseline, bound }) => {
      const ratios = of(variant).map(({ all_cpu_us }, round) => all_cpu_us / (of(baseline)[round]?.all_cpu_us ?? 0))
      return { ...verdict({ what: `${variant} to ${baseline}`, value: median(ratios), atMost: bound }), rounds: ratios }
    }),
    received: received(),
    conditions: conditions({ connections, rounds, measured_ms: measuredMs }),
  }
}

let serial = 0
const misses: Traffic = {
  next() {
    serial += 1
    return getRequest(`/events?city=nowhere-${serial}`)
  },
  isGood: ({ status }) => status === 200,
}

/** Throws when a request is not answered with 200. */
async function send({ bar, stopping }: Bench, system: ObservedSystem, label: string, forMs: number): Promise<Sample> {
  const progress = bar(`${system.variant}: ${label}`)
  progress.show(0, 1)
  const load = { traffic: misses, connections, leadInMs: 0, measuredMs: forMs, stopping }
  const sample = await sampleOf(system.gateway, load).finally(() => progress.clear())
  if (sample.failures > 0) throw new ExplainedError(`${system.variant}: ${sample.firstFailure}`)
  return sample
}

/** Bytes. */
async function memoryOf({ inspectorPorts: { gateway, worker } }: ObservedSystem) {
  return { gateway: await liveMemory(gateway), worker: await liveMemory(worker) }
}

/** What was measured, as Markdown. */
function reportLines({ rows, verdicts, received }: Result): string[] {
  const requests = Math.min(...rows.map((row) => row.requests))
  return [
    '',
    '| traces | µs a request | of which gateway | event worker | memory gateway | event worker |',
    '|---|---:|---:|---:|---:|---:|',
    ...rows.map((row) => {
      const times = [row.all_us, row.gateway_us, row.worker_us].map((us) => Math.round(us))
      const memory = [row.gateway_growth_mib, row.worker_growth_mib].map((mib) => `${mib.toFixed(1)} MiB`)
      return `| ${[row.variant, ...times, ...memory].join(' | ')} |`
    }),
    '',
    `Memory is what came on top in ${requests.toLocaleString('en')} requests or more after warming up.`,
    '',
    ...verdictLines(verdicts),
    '',
    `bytes of spans received: ${received}`,
  ]
}

/** `npm run bench -- telemetry`. Exit 1 when traces cost more than they may. */
runBenchmark({
  usage: `Usage: npm run bench -- telemetry
Measures what recording traces costs a request that misses the cache, by how many of them are recorded, and where their collector does
not answer. On servers of its own (seven minutes).`,
  file: 'telemetry.json',
  measure,
  lines: reportLines,
  isGood: areGood,
}).catch(reportFailure)
