import test from 'ava'
import { addFact } from '#shared/facts/outbox.ts'
import { startTracing } from '#shared/observability/start-tracing.ts'
import { withRemoteSpan } from '#shared/observability/tracing.ts'
import { latestSpans } from '../../infra/ops/trace/stored-spans.ts'
import { released, startFactParts } from '../support/fact-parts.ts'
import { createTestDirectory } from '../support/servers.ts'
import { silentLog } from '../support/silent-log.ts'
import { until } from '../support/until.ts'

test('a fact continues the trace that it comes from, and looking into an empty outbox leaves no trace', async (t) => {
  const directory = await createTestDirectory('spans')
  process.env.OTEL_BSP_SCHEDULE_DELAY = '50'
  const stopTracing = await startTracing({
    disabled: false,
    serviceName: 'facts',
    instance: 'test',
    sampleRatio: 1,
    directory,
    log: silentLog,
  })
  const parts = await startFactParts(t)
  await parts.startRelay()
  const received = await parts.consume()

  const traceId = 'c0ffee00c0ffee00c0ffee00c0ffee00'
  await withRemoteSpan({ traceparent: `00-${traceId}-00f067aa0ba902b7-01` }, 'release hold', {}, () =>
    addFact(parts.postgres, 'booking', released(0)),
  )
  await until('the fact arrives', () => received.length === 1)
  // It may arrive before its relay hears that it is stored, which is when the span of publishing ends.
  await parts.untilNoneWait()
  await stopTracing()

  const spans = latestSpans(directory, 1e6)
  const named = (name: string) => spans.find((span) => span.traceId === traceId && span.name === name)
  const chain = ['release hold', 'publish ticketing.fact.hold.released', 'process ticketing.fact.hold.released']
  for (const [i, name] of chain.entries()) {
    const parent = i === 0 ? '00f067aa0ba902b7' : named(chain[i - 1] ?? '')?.spanId
    t.is(named(name)?.parentSpanId, parent, name)
  }
  t.deepEqual([...new Set(spans.map((span) => span.traceId))], [traceId])
})
