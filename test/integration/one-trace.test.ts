import test from 'ava'
import { ask, eventOnSale } from '../support/http.ts'
import { startOtlpSink } from '../support/otlp-sink.ts'
import { type System, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

let sink: Awaited<ReturnType<typeof startOtlpSink>>
let system: System

test.before(async () => {
  sink = await startOtlpSink()
  system = await startSystem({
    env: {
      OTEL_SDK_DISABLED: 'false',
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      OTEL_TRACES_SAMPLER_ARG: '0',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    },
  })
})

test.after.always(async () => {
  await system.stop()
  sink.stop()
})

test.serial('one trace id runs from the HTTP server span over NATS and both workers to the database', async (t) => {
  const eventId = await eventOnSale(system.url)
  const traceId = 'c0ffee00c0ffee00c0ffee00c0ffee00'
  const bought = await ask(`${system.url}/purchase`, {
    json: { event_id: eventId, seat_nos: [0], payment_token: 'tok_ok', user_id: 'traced' },
    headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
  })
  t.is(bought.status, 201, bought.text)

  const named = (name: string) => sink.spans.find((span) => span.name === name)
  await until('the server span and the last of the saga arrive', () =>
    ['POST /purchase', 'process ticketing.v1.booking.record-payment'].every((name) => named(name) !== undefined),
  )
  // Nothing else was sampled: a sampled traceparent is always followed, the rest by the ratio of 0.
  t.deepEqual([...new Set(sink.spans.map((span) => span.traceId))], [traceId])

  const server = named('POST /purchase')
  t.is(server?.service, 'gateway')
  t.is(server?.parentSpanId, '00f067aa0ba902b7')
  const chain = [
    'POST /purchase',
    'send ticketing.v1.purchase.purchase-hold',
    'process ticketing.v1.purchase.purchase-hold',
    'send ticketing.v1.booking.confirm-hold',
    'process ticketing.v1.booking.confirm-hold',
  ]
  for (const [i, name] of chain.entries()) {
    if (i > 0) t.is(named(name)?.parentSpanId, named(chain[i - 1] ?? '')?.spanId, name)
  }
  const confirm = named('process ticketing.v1.booking.confirm-hold')
  const inDatabase = sink.spans.filter(({ parentSpanId }) => parentSpanId === confirm?.spanId)
  t.true(inDatabase.some(({ name, service }) => /^postgres UPDATE$/.test(name) && service === 'booking-worker'))
})

test.serial('log lines of a sampled request carry its request id and trace id', async (t) => {
  const traceId = 'deadbeefdeadbeefdeadbeefdeadbeef'
  await ask(`${system.url}/events`, {
    headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, 'x-request-id': 'my-request' },
  })
  const lines = system.gateways[0]?.output().trim().split('\n') ?? []
  const line = lines.map((text) => JSON.parse(text)).find(({ request_id }) => request_id === 'my-request')
  t.like(line, {
    request_id: 'my-request',
    trace_id: traceId,
    method: 'GET',
    endpoint: '/events',
    status: 200,
    instance: 'gateway-1',
  })
})
