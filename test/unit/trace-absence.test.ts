import test from 'ava'
import { explainAbsence } from '../../infra/span-store/explain-absence.ts'
import { renderLatest } from '../../infra/span-store/latest-requests.ts'
import { plain } from '../../infra/terminal/output.ts'
import { aSpan } from '../support/spans.ts'

const kept = { otlp_url: 'http://127.0.0.1:4444', sample_ratio: '1', kept: true }
const traceId = 'c0ffee00c0ffee00c0ffee00c0ffee00'

test('where a trace cannot be shown, it is said why, and what to do', (t) => {
  const explain = (absence: Partial<Parameters<typeof explainAbsence>[0]>) =>
    explainAbsence({ id: 'my-request', loggedTraceId: undefined, tracing: kept, ...absence })

  t.regex(explain({ tracing: undefined }), /^No system is running.*my-request.*npm start/)
  t.regex(explain({ tracing: null }), /OTEL_SDK_DISABLED/)
  t.regex(explain({}), /No request my-request is known/)
  t.regex(explain({ id: undefined }), /No request has been recorded yet/)
  t.regex(explain({ loggedTraceId: traceId }), /No span of my-request has arrived/)
  t.regex(explain({ tracing: { ...kept, sample_ratio: '0.01' } }), /1 % of the requests.*traceparent/s)
})

test('where spans go to a Jaeger, the page that shows the trace is named', (t) => {
  const tracing = { otlp_url: 'http://127.0.0.1:4317', sample_ratio: '1', kept: false }
  const page = `http://localhost:16686/trace/${traceId}`
  t.true(explainAbsence({ id: traceId, loggedTraceId: undefined, tracing }).includes(page))
  t.true(explainAbsence({ id: 'my-request', loggedTraceId: traceId, tracing }).includes(page))
  const search = explainAbsence({ id: 'my-request', loggedTraceId: undefined, tracing })
  t.true(search.includes('http://localhost:16686/search?service=gateway&tags=%7B%22ticketing.request_id%22'))
})

test('the latest requests are listed by time with route, status, duration, spans and id; what machines ask is left out', (t) => {
  const request = (trace: string, name: string, startUs: number) =>
    aSpan({
      traceId: trace,
      spanId: trace,
      name,
      kind: 'server',
      startUs,
      endUs: startUs + 2_500,
      attributes: {
        'ticketing.request_id': `id-${trace}`,
        'http.route': name.split(' ')[1] ?? '',
        'http.response.status_code': 200,
      },
    })
  const spans = [
    aSpan({ traceId: '3', spanId: 'x', parentSpanId: '3', name: 'send' }),
    request('3', 'GET /events/:id', 3_000_000),
    request('1', 'GET /events', 1_000_000),
    request('2', 'GET /metrics', 2_000_000),
    request('0', 'GET /', 0),
    aSpan({ traceId: '9', name: 'ask the outbox' }),
  ]
  t.deepEqual(renderLatest(spans, { count: 2, paint: plain }), [
    'time (UTC)    request                     ms  spans  id',
    '00:00:01.000  GET /events      200       2.5      1  id-1',
    '00:00:03.000  GET /events/:id  200       2.5      2  id-3',
  ])
  t.deepEqual(renderLatest([], { count: 2, paint: plain }), [])
})

test('the latest requests can be chosen by route, status, duration and failure', (t) => {
  const request = (id: string, name: string, status: number, ms: number) =>
    aSpan({
      traceId: id,
      spanId: id,
      name,
      kind: 'server',
      startUs: Number(id) * 1_000_000,
      endUs: Number(id) * 1_000_000 + ms * 1_000,
      attributes: { 'ticketing.request_id': `id-${id}`, 'http.response.status_code': status },
    })
  const spans = [
    request('1', 'GET /events', 200, 3),
    request('2', 'POST /purchase', 201, 400),
    request('3', 'POST /purchase', 409, 20),
    request('4', 'GET /events/:event_id', 504, 2_000),
    aSpan({ traceId: '2', spanId: 'a second try', parentSpanId: '2', status: 'error' }),
  ]
  const none = { route: undefined, status: undefined, slowMs: undefined, failed: false }
  const ids = (filter: object): string[] =>
    renderLatest(spans, { count: 9, paint: plain, filter: { ...none, ...filter } }).flatMap(
      (line) => /id-(\d)$/.exec(line)?.[1] ?? [],
    )
  t.deepEqual(ids({ route: 'post /PURCHASE' }), ['2', '3'])
  t.deepEqual(ids({ status: '409' }), ['3'])
  t.deepEqual(ids({ status: '5xx' }), ['4'])
  t.deepEqual(ids({ slowMs: 400 }), ['2', '4'])
  t.deepEqual(ids({ failed: true }), ['2'])
  t.deepEqual(ids({ route: 'events', slowMs: 4 }), ['4'])
})
