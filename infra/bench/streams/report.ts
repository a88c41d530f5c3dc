import type { Figure, Result } from './measure.ts'

const titles: Readonly<Record<Figure['name'], string>> = {
  p99_ms: "from a hold's answer until 99 % of the streams have told it, ms",
  canary_p99_ms: 'other requests of that gateway, 99th percentile, ms',
  rss_kib_per_stream: 'memory of the gateway for one more stream, KiB',
  cpu_us_per_write: 'processor time of the gateway for one stream and batch, µs',
  missed: 'holds that a stream did not tell',
  closed: 'streams that broke',
}

/** What was measured, for people. */
export function reportLines({ figures, p50_ms, many, conditions }: Result): string[] {
  return [
    '',
    `${conditions.streams} streams of one house, ${conditions.seats_per_second} seats held a second, ${conditions.batches} batches`,
    ...figures.map(
      ({ name, value, bound, isGood }) =>
        `  ${titles[name]}: ${value} (at most ${bound}) ${isGood ? 'good' : 'TOO MUCH'}`,
    ),
    `  half of the streams heard within ${p50_ms} ms; with ${many.streams} streams p50 ${many.p50_ms}, p99 ${many.p99_ms} ms`,
  ]
}
