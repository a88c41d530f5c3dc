import type { Result } from './measure.ts'
import { variants } from './variants.ts'

/** What was measured, as Markdown. */
export function reportLines({ comparisons, cpu_us, growth_mib, requests }: Result): string[] {
  const whole = (value: number | undefined): string => Math.round(value ?? Number.NaN).toString()
  return [
    '',
    '| traces | µs a request | of which gateway | event worker | memory gateway | event worker |',
    '|---|---:|---:|---:|---:|---:|',
    ...variants.map((variant) => {
      const [cost, grown] = [cpu_us[variant], growth_mib[variant]]
      const memory = ['gateway-1', 'event-1'].map((name) => `${(grown[name] ?? Number.NaN).toFixed(1)} MiB`)
      const times = ['total', 'gateway-1', 'event-1'].map((name) => whole(cost[name]))
      return `| ${[variant, ...times, ...memory].join(' | ')} |`
    }),
    '',
    `Memory is what came on top in ${requests.toLocaleString('en')} requests after warming up.`,
    '',
    ...comparisons.map(({ variant, baseline, median, bound, ratios, isGood }) => {
      const rounds = ratios.map((ratio) => ratio.toFixed(2)).join(', ')
      const verdict = isGood ? 'good' : 'TOO MUCH'
      return `${variant} against ${baseline}: ${median.toFixed(3)} (rounds ${rounds}; at most ${bound}) ${verdict}`
    }),
  ]
}
