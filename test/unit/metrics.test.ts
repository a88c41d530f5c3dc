import test from 'ava'
import { Counter } from 'prom-client'
import { DurationHistogram } from '#shared/observability/duration-histogram.ts'
import { Metrics } from '#shared/observability/metrics.ts'

const openMetrics = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5'

function someMetrics(): Metrics {
  const metrics = new Metrics('gateway-1')
  const labelNames = ['endpoint'] as const
  const hits = new Counter({ name: 'cache_hits_total', help: 'Hits.', labelNames, registers: [metrics.registry] })
  hits.inc({ endpoint: '/events # {a="b"} 1' }, 2)
  const durations = new DurationHistogram(metrics, { name: 'answer_seconds', help: 'Time.', labelNames })
  durations.observe({ endpoint: '/events' }, 0.003)
  return metrics
}

test('counters have one name in both formats, asked for in any order, and every series names its instance', async (t) => {
  const metrics = someMetrics()
  const line = 'cache_hits_total{endpoint="/events # {a=\\"b\\"} 1",instance="gateway-1"} 2'
  for (const accept of ['', openMetrics, 'text/plain', openMetrics]) {
    const { text, contentType } = await metrics.expose(accept)
    t.true(text.split('\n').includes(line), text)
    const isOpen = accept === openMetrics
    t.is(contentType.startsWith('application/openmetrics-text'), isOpen)
    t.is(text.endsWith('# EOF\n'), isOpen)
    t.true(text.includes(`# TYPE cache_hits${isOpen ? '' : '_total'} counter\n`))
    t.true(text.includes(`# HELP cache_hits${isOpen ? '' : '_total'} Hits.\n`))
    t.true(text.includes('answer_seconds_bucket{le="0.005",instance="gateway-1",endpoint="/events"} 1'))
  }
})
