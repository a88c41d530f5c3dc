import test from 'ava'
import { Counter } from 'prom-client'
import { DurationHistogram } from '#shared/observability/duration-histogram.ts'
import { Metrics, Tally } from '#shared/observability/metrics.ts'

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

test('a duration observed through bound labels counts in the same series as any other', async (t) => {
  const metrics = someMetrics()
  const durations = new DurationHistogram(metrics, {
    name: 'reply_seconds',
    help: 'Time.',
    labelNames: ['endpoint', 'error'] as const,
  })
  durations.observe({ endpoint: '/events' }, 0.004)
  const observe = durations.bind({ endpoint: '/events' })
  const fail = durations.bind({ endpoint: '/events', error: 'no_worker' })
  for (const seconds of [0.0005, 0.001, 0.5, 11]) observe(seconds)
  durations.bind({ endpoint: '/events' })(3)
  fail(0.1)
  const { text } = await metrics.expose('')
  const of = (le: string) => `reply_seconds_bucket{le="${le}",instance="gateway-1",endpoint="/events"}`
  const expected = { '0.001': 2, '0.005': 3, '0.25': 3, '0.5': 4, '5': 5, '10': 5, '+Inf': 6 }
  for (const [le, count] of Object.entries(expected)) t.true(text.includes(`${of(le)} ${count}\n`), `${le}: ${text}`)
  t.true(text.includes('reply_seconds_count{instance="gateway-1",endpoint="/events"} 6\n'))
  t.true(text.includes('reply_seconds_sum{instance="gateway-1",endpoint="/events"} 14.5055\n'), text)
  t.true(text.includes('reply_seconds_count{instance="gateway-1",endpoint="/events",error="no_worker"} 1\n'))
})

test('a tally adds each count to its counter once, at the next scrape', async (t) => {
  const metrics = new Metrics('gateway-1')
  const hits = new Tally(metrics, { name: 'cache_hits_total', help: 'Hits.', labelName: 'endpoint' })
  const scraped = async (endpoint: string): Promise<string | undefined> =>
    (await metrics.expose('')).text.match(new RegExp(`^cache_hits_total{.*endpoint="${endpoint}".*} (.*)$`, 'm'))?.[1]
  hits.count('/events', 0)
  t.is(await scraped('/events'), '0')
  for (let made = 0; made < 3; made += 1) hits.count('/events')
  hits.count('/seats')
  t.is(await scraped('/events'), '3')
  t.is(await scraped('/events'), '3')
  t.is(await scraped('/seats'), '1')
  hits.count('/events')
  t.is(await scraped('/events'), '4')
})

test('counters have one name in both formats, requested in any order, and every series names its instance', async (t) => {
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
