import { ExplainedError, reportFailure } from '../../explained-error.ts'
import { type Bench, conditions, runBenchmark, withBar } from '../bench.ts'
import { liveMemory } from '../live-memory.ts'
import { median } from '../quantile.ts'
import { inTurn } from '../reading/plan.ts'
import { getRequest } from '../reading/requests.ts'
import { type Sample, sampleOf, type Traffic } from '../sample.ts'
import { verdict, verdictLines } from '../verdict.ts'
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

type Result = Awaited<ReturnType<typeof measure>>

/**
 * Sends the same requests to each variant in turn, round after round, in one order and then in the other, and compares within
 * a round. All of them miss the cache and find nothing in the database: no request costs less beside its spans.
 */
async function measure(bench: Bench) {
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
      // Medians of the rounds, in µs a request.
      all_us: median(of(variant).map((sample) => sample.all_cpu_us)),
      gateway_us: median(of(variant).map((sample) => sample.gateway_cpu_us)),
      worker_us: median(of(variant).map((sample) => sample.all_cpu_us - sample.gateway_cpu_us)),
      // Memory needed beyond that after warming up, after `requests` more.
      gateway_growth_mib: growth(index, 'gateway'),
      worker_growth_mib: growth(index, 'worker'),
      requests: of(variant).reduce((sum, { answered }) => sum + answered, 0),
    })),
    verdicts: comparisons.map(({ variant, baseline, bound }) => {
      const ratios = of(variant).map(({ all_cpu_us }, round) => all_cpu_us / (of(baseline)[round]?.all_cpu_us ?? 0))
      return verdict({ what: `${variant} to ${baseline}`, value: median(ratios), at_most: bound, rounds: ratios })
    }),
    /** Bytes of spans. */
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
async function send(bench: Bench, system: ObservedSystem, label: string, measuredMs: number): Promise<Sample> {
  const part = { label: `${system.variant}: ${label}`, seconds: measuredMs / 1_000 }
  const sample = await withBar(bench, part, ({ stopping }) =>
    sampleOf(system.gateway, { traffic: misses, connections, leadInMs: 0, measuredMs, stopping }),
  )
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
}).catch(reportFailure)
