import { Bus } from '#shared/messaging/bus.ts'
import { wholeNumber } from '../../command-line.ts'
import { reportFailure } from '../../explained-error.ts'
import { conditions, runBenchmark } from '../bench.ts'
import { type Verdict, verdict, verdictLines } from '../verdict.ts'
import { fewMatches } from './count-matches.ts'
import { clients, type Latencies, measuredSeconds, measureSize, type SizeResult, seed } from './measure.ts'
import { kinds } from './questions.ts'

const usage = `Usage: npm run bench -- search [flags]
  --events N   one catalogue of N events, in place of one of 10,000 and one of 1,000,000`

const usualSizes = [10_000, 1_000_000]
const maxEvents = 100_000_000

interface Result {
  readonly sizes: readonly SizeResult[]
  readonly verdicts: readonly Verdict[]
  readonly conditions: object
}

/**
 * `npm run bench -- search [--events N]`: how long eight clients wait for what they search, in a made-up catalogue of 10,000 and of
 * 1,000,000 events, or of N events alone. Ends with exit code 1 when they wait too long or are not answered.
 */
runBenchmark({
  usage,
  options: { events: { type: 'string' } },
  file: 'search.json',
  async measure(bench, { events }): Promise<Result> {
    const wanted =
      events === undefined ? usualSizes : [wholeNumber('--events', events, { from: 1, to: maxEvents, usage })]
    const system = await bench.start({ counts: { sandbox: 0, booking: 0, purchase: 0, gateway: 0 } })
    const bus = await Bus.connect({ url: system.natsUrls.gateway, name: 'search-bench', timeoutMs: 5_000 })
    bench.onStop(() => bus.close())
    const sizes: SizeResult[] = []
    // Each in place of the one before.
    for (const size of wanted) sizes.push(await measureSize(system, bus, size, bench))
    const { version } = system.servers.server('postgres')
    return {
      sizes,
      verdicts: sizes.flatMap(verdictsOf),
      conditions: conditions({ postgres: version, clients, measured_seconds: measuredSeconds, seed }),
    }
  },
  lines: reportLines,
}).catch(reportFailure)

function verdictsOf({ events, few, many, failed }: SizeResult): Verdict[] {
  const p99 = (who: string, { searches, p99_ms }: Latencies, at_most: number): Verdict[] => {
    const what = `p99 at ${count(events)} events where ${who} match, ms`
    return searches === 0 ? [] : [verdict({ what, value: p99_ms, at_most })]
  }
  return [
    ...p99(`at most ${count(fewMatches)}`, few, 100),
    ...p99('more', many, 300),
    verdict({ what: `searches that failed at ${count(events)} events`, value: failed, at_most: 0 }),
  ]
}

/** What was measured, for people: a table that can be put into a document as it is. */
function reportLines({ sizes, verdicts }: Result): string[] {
  const [small, large] = [sizes[0], sizes.at(-1)]
  if (small === undefined || large === undefined) return []
  const row = (name: string, middle: readonly [string, string], of: (size: SizeResult) => Latencies): string =>
    `| ${[name, ...middle, times(of(small)), times(of(large)), growth(of(small), of(large))].join(' | ')} |`
  return [
    '',
    `| search | % of all | of ${count(large.events)} match | p50 / p99 ms at ${count(small.events)} | at ${count(large.events)} | growth of p50 |`,
    '|---|---:|---:|---:|---:|---:|',
    ...kinds.map((kind) => {
      const { median_matches: matches, share } = large.kinds[kind]
      const found = matches > fewMatches ? `over ${count(fewMatches)}` : count(matches)
      return row(kind, [String(share), found], (size) => size.kinds[kind])
    }),
    row(`**all that match at most ${count(fewMatches)}**`, ['', ''], ({ few }) => few),
    row('**all others**', ['', ''], ({ many }) => many),
    '',
    ...sizes.map(({ events, searches_per_second, cpu_ms_per_search }) => {
      const cpu = Object.entries(cpu_ms_per_search).map(([name, ms]) => `${name} ${ms}`)
      return `${count(events)} events: ${searches_per_second} searches a second; ms of processor time each: ${cpu.join(', ')}`
    }),
    ...verdictLines(verdicts),
  ]
}

function count(number: number): string {
  return number.toLocaleString('en')
}

function times({ p50_ms, p99_ms }: Latencies): string {
  return Number.isNaN(p50_ms) ? '–' : `${p50_ms} / ${p99_ms}`
}

function growth(small: Latencies, large: Latencies): string {
  return Number.isNaN(small.p50_ms) ? '–' : (large.p50_ms / small.p50_ms).toFixed(1)
}
