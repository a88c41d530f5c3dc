import type { Dashboard } from './dashboard.ts'
import { orNone, perSecond, sumBy } from './promql.ts'

const hits = sumBy('endpoint', perSecond('cache_hits_total'))
const misses = sumBy('endpoint', perSecond('cache_misses_total'))

/** The two queries of the first row are used elsewhere as they stand here: they must not change. */
export const cacheMonitoring: Dashboard = {
  uid: 'cache-monitoring',
  title: 'Cache Monitoring',
  description: 'How many reads the reply cache answers, and what happens when Redis is away.',
  rows: [
    {
      title: 'Hits and misses',
      panels: [
        {
          title: 'Cache hits',
          description:
            'Replies answered from the cache, by gateway and endpoint. Drawn from a local Prometheus: a global one and Thanos ' +
            'without deduplication show each line once for each replica.',
          shows: 'lines',
          unit: 'ops',
          width: 12,
          queries: [
            {
              expression: 'rate(cache_hits_total{instance=~".*"}[5m])',
              legend: '{{instance}} {{endpoint}} {{replica}}',
            },
          ],
        },
        {
          title: 'Cache misses',
          description:
            'Replies that had to be asked from a worker. All misses and no hits: Redis is away, or every answer is another.',
          shows: 'lines',
          unit: 'ops',
          width: 12,
          queries: [
            {
              expression: 'rate(cache_misses_total{instance=~".*"}[5m])',
              legend: '{{instance}} {{endpoint}} {{replica}}',
            },
          ],
        },
      ],
    },
    {
      title: 'How well it works',
      panels: [
        {
          title: 'Hit ratio',
          description: 'Share of hits, all gateways together. It falls for a moment whenever an event changes.',
          shows: 'lines',
          unit: 'percentunit',
          width: 12,
          queries: [{ expression: `${hits} / (${hits} + ${misses})`, legend: '{{endpoint}}' }],
        },
        {
          title: 'Cache errors',
          description:
            'Reads and writes of the cache that failed. The request goes on without it; workers carry the load meanwhile.',
          shows: 'lines',
          unit: 'ops',
          width: 12,
          thresholds: { bad: 1 },
          queries: [{ expression: sumBy('instance', perSecond('cache_errors_total')), legend: '{{instance}}' }],
        },
      ],
    },
    {
      title: 'Rate limits',
      panels: [
        {
          title: 'Refused requests',
          description:
            'Answers 429 by class of route. One class that stands out: one eager client, or a limit too low.',
          shows: 'lines',
          unit: 'reqps',
          width: 12,
          queries: [
            {
              expression: orNone('rate_class', sumBy('rate_class', perSecond('rate_limited_total'))),
              legend: '{{rate_class}}',
            },
          ],
        },
        {
          title: 'Limited locally',
          description: 'Requests that each gateway counted alone because Redis did not answer. Above 0: look at Redis.',
          shows: 'lines',
          unit: 'reqps',
          width: 12,
          thresholds: { bad: 0.01 },
          queries: [{ expression: sumBy('instance', perSecond('rate_limit_local_total')), legend: '{{instance}}' }],
        },
      ],
    },
  ],
}
