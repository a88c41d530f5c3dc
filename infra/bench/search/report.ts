import { fewMatches } from './count-matches.ts'
import { p99BoundsMs, type Result, type SizeResult } from './measure.ts'
import { kinds } from './questions.ts'

/** What was measured, for people: a table that can be put into a document as it is. */
export function reportLines({ sizes }: Result): string[] {
  const small = sizes[0]
  const large = sizes.at(-1)
  if (small === undefined || large === undefined) return []
  const name = ({ events }: SizeResult): string => events.toLocaleString('en')
  return [
    '',
    `| search | % of all | of ${name(large)} match | p50 / p99 ms at ${name(small)} | at ${name(large)} | growth of p50 |`,
    '|---|---:|---:|---:|---:|---:|',
    ...kinds.map((kind) => {
      const { median_matches: matches, share } = large.kinds[kind]
      const found = matches > fewMatches ? `over ${fewMatches.toLocaleString('en')}` : matches.toLocaleString('en')
      return `| ${kind} | ${share} | ${found} | ${times(small.kinds[kind])} | ${times(large.kinds[kind])} | ${growth(small.kinds[kind], large.kinds[kind])} |`
    }),
    `| **all that match at most ${fewMatches.toLocaleString('en')}** | | | ${times(small.few)} | ${times(large.few)} | ${growth(small.few, large.few)} |`,
    `| **all others** | | | ${times(small.many)} | ${times(large.many)} | ${growth(small.many, large.many)} |`,
    '',
    ...sizes.map(
      (size) =>
        `${name(size)} events: ${size.searches_per_second} searches a second, ${size.failed} failed; ms of processor time each: ${cpu(size)}`,
    ),
    '',
    ...sizes.flatMap((size) => faults(size).map((fault) => `Failed at ${name(size)} events: ${fault}`)),
  ]
}

/** What this size fails by; empty when all is well. */
export function faults({ few, many, failed }: SizeResult): string[] {
  return [
    ...(few.p99_ms > p99BoundsMs.few
      ? [`p99 ${few.p99_ms} ms where at most ${fewMatches} match, allowed are ${p99BoundsMs.few}`]
      : []),
    ...(many.p99_ms > p99BoundsMs.many
      ? [`p99 ${many.p99_ms} ms where more match, allowed are ${p99BoundsMs.many}`]
      : []),
    ...(failed > 0 ? [`${failed} searches were not answered`] : []),
  ]
}

function times({ p50_ms, p99_ms }: { p50_ms: number; p99_ms: number }): string {
  return Number.isNaN(p50_ms) ? '–' : `${p50_ms} / ${p99_ms}`
}

function growth(small: { p50_ms: number }, large: { p50_ms: number }): string {
  return Number.isNaN(small.p50_ms) ? '–' : (large.p50_ms / small.p50_ms).toFixed(1)
}

function cpu({ cpu_ms_per_search }: SizeResult): string {
  return Object.entries(cpu_ms_per_search)
    .map(([name, ms]) => `${name} ${ms}`)
    .join(', ')
}
