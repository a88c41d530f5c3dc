import { once } from 'node:events'
import { createServer } from 'node:net'
import test from 'ava'
import { startTracing } from '#shared/observability/start-tracing.ts'
import { withRemoteSpan } from '#shared/observability/tracing.ts'
import { startOtlpSink } from '../../infra/bench/telemetry/otlp-sink.ts'
import { freePort } from '../../infra/system/free-port.ts'
import { spanDestination } from '../../infra/system/launcher/span-destination.ts'
import { silentLog } from '../support/silent-log.ts'

test('spans go to the receiver that the environment names, else to one on the well-known port, else to files', async (t) => {
  const nobody = await freePort()
  t.deepEqual(await spanDestination({}, nobody), { url: null })

  const jaeger = createServer().listen(0, '127.0.0.1')
  await once(jaeger, 'listening')
  t.teardown(() => jaeger.close())
  const address = jaeger.address()
  const port = typeof address === 'object' && address ? address.port : 0
  t.deepEqual(await spanDestination({}, port), { url: `http://127.0.0.1:${port}` })

  const url = 'http://collector:4317'
  t.deepEqual(await spanDestination({ OTEL_EXPORTER_OTLP_ENDPOINT: url }, port), { url })
  const traces = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://other:4317', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url }
  t.deepEqual(await spanDestination(traces, port), { url })
})

test('where no spans are made, they go nowhere and nothing keeps them', async (t) => {
  for (const disabled of ['true', '1', 'yes']) t.is(await spanDestination({ OTEL_SDK_DISABLED: disabled }), null)
  t.not(await spanDestination({ OTEL_SDK_DISABLED: 'false' }), null)
})

test('a receiver gets spans over OTLP gRPC, with the service and the instance that made them', async (t) => {
  const requests: Buffer[] = []
  const sink = await startOtlpSink((request) => requests.push(request))
  t.teardown(() => sink.stop())
  const stopTracing = await startTracing({
    disabled: false,
    serviceName: 'some-service',
    instance: 'some-1',
    sampleRatio: 1,
    endpoint: sink.url,
    directory: '/dev/null/unused',
    log: silentLog,
  })
  await withRemoteSpan({}, 'some work', {}, async () => undefined)
  await stopTracing()
  const sent = Buffer.concat(requests)
  for (const text of ['some-service', 'some-1', 'some work']) t.true(sent.includes(text), text)
})
