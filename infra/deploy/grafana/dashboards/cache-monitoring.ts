import { type Dashboard, lines } from './dashboard.ts'
import { each, line, perSecond, sumBy, sums, sumsOrNone } from './promql.ts'

const hits = sumBy('endpoint', perSecond('cache_hits_total'))
const misses = sumBy('endpoint', perSecond('cache_misses_total'))
const everyLabel = '{{instance}} {{endpoint}} {{replica}}'

/** The two queries of the first row are used elsewhere as they stand here: they must not change. */
export const cacheMonitoring: Dashboard = {
  uid: 'cache-monitoring',
  title: 'Cache Monitoring',
  description: 'How many reads the reply cache answers, and what happens when Redis is unavailable.',
  // biome-ignore format: a panel in a few lines makes the table that it is
  rows: [
    { title: 'Hits and misses', lines: [[
      lines('Cache hits',
        'Replies answered from the cache, by gateway and endpoint. Drawn from a local Prometheus: a global one and Thanos ' +
        'without deduplication show each line once for each replica.',
        'ops', line(everyLabel, 'rate(cache_hits_total{instance=~".*"}[5m])')),
      lines('Cache misses', 'Replies that had to be asked from a worker. All misses and no hits: Redis is away, or every answer is another.',
        'ops', line(everyLabel, 'rate(cache_misses_total{instance=~".*"}[5m])')),
    ]] },
    { title: 'How well it works', lines: [[
      lines('Hit ratio', 'Share of hits, all gateways together. It falls for a moment whenever an event changes.',
        'percentunit', each('endpoint', `${hits} / (${hits} + ${misses})`)),
      lines('Cache errors', 'Reads and writes of the cache that failed. The request goes on without it; workers carry the load meanwhile.',
        'ops', sums('instance', perSecond('cache_errors_total')), { bad: 1 }),
    ]] },
    { title: 'Rate limits', lines: [[
      lines('Refused requests', 'Answers 429 by class of route. One class that stands out: one eager client, or a limit too low.',
        'reqps', sumsOrNone('rate_class', perSecond('rate_limited_total'))),
      lines('Limited locally', 'Requests that each gateway counted alone because Redis did not answer. Above 0: look at Redis.',
        'reqps', sums('instance', perSecond('rate_limit_local_total')), { bad: 0.01 }),
    ]] },
  ],
}
