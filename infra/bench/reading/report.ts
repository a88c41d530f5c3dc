import { type Verdict, verdictLines } from '../verdict.ts'
import type { OwnFigures } from './own-figures.ts'
import { callers } from './plan.ts'
import type { Row } from './results.ts'

/** The content of `latest.json`. */
export interface Result {
  readonly quick: boolean
  readonly rows: readonly Row[]
  readonly verdicts: readonly Verdict[]
  readonly own: OwnFigures
  readonly conditions: Readonly<Record<string, string | number>>
}

/** What was measured, as Markdown. */
export function reportLines({ quick, rows, verdicts, own, conditions }: Result): string[] {
  return [
    '',
    ...(quick ? ['A quick run: its figures show that everything works, and about where it stands.', ''] : []),
    `${conditions.processors} processors, Node ${conditions.node}, ${conditions.measured_at}; an answer has ${conditions.reply_bytes} bytes.`,
    '',
    ...table(rows),
    '',
    ...failureLines(rows),
    ...verdictLines(verdicts),
    '',
    ...ownLines(own).map((line) => `- ${line}`),
  ]
}

/** From this share of its processor on the generator itself sets the rate. */
const busy = 0.9

function table(rows: readonly Row[]): string[] {
  return [
    '| scenario | connections | system | gateway µs | all µs | requests/s | p50 ms | p99 ms |',
    '|---|---:|---|---:|---:|---:|---:|---:|',
    ...rows.map((row) => {
      const rate = row.requests_per_second.toLocaleString('en')
      const columns = [
        row.scenario,
        row.connections,
        row.system,
        row.gateway_cpu_us.toFixed(1),
        row.all_cpu_us.toFixed(1),
        row.generator_busy >= busy ? `≥ ${rate}` : rate,
        row.p50_ms.toFixed(2),
        row.p99_ms.toFixed(2),
      ]
      return `| ${columns.join(' | ')} |`
    }),
    '',
    'µs are processor time a request; `all` is without the load generator. ≥: the load generator was busy all the time.',
  ]
}

function failureLines(rows: readonly Row[]): string[] {
  const failed = rows.filter(({ failures }) => failures > 0)
  if (failed.length === 0) return []
  return [
    ...failed.map(({ system, scenario, connections, failures, first_failure }) => {
      const [first = ''] = (first_failure ?? '').split('\r\n')
      return `- FAILED ${failures} requests: ${system}, ${scenario}, ${connections} connections (${first})`
    }),
    '',
  ]
}

function ownLines({ redis_commands_per_hit, zipf, invalidations }: OwnFigures): string[] {
  const figures = ({ hit_share, requests_per_second, p50_ms, p99_ms }: OwnFigures['zipf']): string =>
    `${(hit_share * 100).toFixed(1)} % hits, ${requests_per_second.toLocaleString('en')} requests/s, p50 ${p50_ms} ms, p99 ${p99_ms} ms`
  return [
    `commands of Redis a hit, ${callers.toLocaleString('en')} callers within their limits: ${redis_commands_per_hit.many_callers}`,
    `${zipf.keys.toLocaleString('en')} events read by Zipf's law: ${figures(zipf)}`,
    `${invalidations.keys} events read while ${invalidations.changes_per_second} changes a second make what is cached untrue: ${figures(invalidations)}`,
  ]
}
