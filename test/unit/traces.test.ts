import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import type { StoredSpan } from '#shared/observability/stored-span.ts'
import { parseTraceparent, recordTraces, sampleNewTraces, startOfTrace } from '#shared/observability/tracing.ts'
import { explainAbsence } from '../../infra/ops/trace/explain-absence.ts'
import { renderLatest } from '../../infra/ops/trace/latest-requests.ts'
import { traceIdInLogs } from '../../infra/ops/trace/logged-trace-id.ts'
import { renderTrace } from '../../infra/ops/trace/render-trace.ts'
import { buildTrees, type SpanNode } from '../../infra/ops/trace/trace-tree.ts'
import { coloured, plain } from '../../infra/terminal/output.ts'
import { always } from '../support/always.ts'
import { createTestDirectory } from '../support/servers.ts'
import { aSpan } from '../support/spans.ts'

const kept = { otlp_url: null, sample_ratio: '1' }
const knownTraceId = 'c0ffee00c0ffee00c0ffee00c0ffee00'

test('where a trace cannot be shown, it is said why, and what to do', (t) => {
  const explain = (absence: Partial<Parameters<typeof explainAbsence>[0]>) =>
    explainAbsence({ id: 'my-request', loggedTraceId: undefined, tracing: kept, ...absence })

  t.regex(explain({ tracing: undefined }), /^No system is running.*my-request.*npm start/)
  t.regex(explain({ tracing: null }), /OTEL_SDK_DISABLED/)
  t.regex(explain({}), /No request my-request is known/)
  t.regex(explain({ id: undefined }), /No request has been recorded yet/)
  t.regex(explain({ loggedTraceId: knownTraceId }), /No span of my-request has arrived/)
  t.regex(explain({ tracing: { ...kept, sample_ratio: '0.01' } }), /1 % of the requests.*traceparent/s)
})

test('where spans go to a Jaeger, the page that shows the trace is named', (t) => {
  const tracing = { otlp_url: 'http://127.0.0.1:4317', sample_ratio: '1' }
  const page = `http://localhost:16686/trace/${knownTraceId}`
  t.true(explainAbsence({ id: knownTraceId, loggedTraceId: undefined, tracing }).includes(page))
  t.true(explainAbsence({ id: 'my-request', loggedTraceId: knownTraceId, tracing }).includes(page))
  const search = explainAbsence({ id: 'my-request', loggedTraceId: undefined, tracing })
  t.true(search.includes('http://localhost:16686/search?service=gateway&tags=%7B%22ticketing.request_id%22'))
})

/** So many seconds after 1970 as its id says. */
const request = (id: string, name: string, status = 200, ms = 2.5): StoredSpan =>
  aSpan({
    traceId: id,
    spanId: id,
    name,
    kind: 'server',
    startUs: Number(id) * 1_000_000,
    endUs: Number(id) * 1_000_000 + ms * 1_000,
    attributes: {
      'ticketing.request_id': `id-${id}`,
      'http.route': name.split(' ')[1] ?? '',
      'http.response.status_code': status,
    },
  })

test('the latest requests are listed by time with route, status, duration, spans and id; what machines ask is left out', (t) => {
  const spans = [
    aSpan({ traceId: '3', spanId: 'x', parentSpanId: '3', name: 'send' }),
    request('3', 'GET /events/:id'),
    request('1', 'GET /events'),
    request('2', 'GET /metrics'),
    request('0', 'GET /'),
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

const begin = Date.UTC(2026, 0, 1) * 1_000

/** Milliseconds after the begin, and how many it takes. */
const at = (startMs: number, tookMs: number): Pick<StoredSpan, 'startUs' | 'endUs'> => ({
  startUs: begin + startMs * 1_000,
  endUs: begin + (startMs + tookMs) * 1_000,
})

const namesOf = (nodes: readonly SpanNode[]): string[] =>
  nodes.flatMap(({ span, children }) => [span.name, ...namesOf(children)])
const rendered = (spans: readonly StoredSpan[], width = 100): string =>
  renderTrace(spans, { width, paint: plain }).join('\n')

const purchase: StoredSpan[] = [
  aSpan({
    spanId: 'c',
    parentSpanId: 'b',
    name: 'process ticketing.v1.booking.hold-seats',
    kind: 'consumer',
    instance: 'booking-1',
    ...at(2, 5),
    attributes: { 'error.type': 'seats_taken' },
  }),
  aSpan({
    spanId: 'd',
    parentSpanId: 'a',
    name: 'postgres UPDATE',
    kind: 'client',
    ...at(9, 0.5),
    status: 'error',
    events: [
      {
        name: 'exception',
        timeUs: begin,
        attributes: { 'exception.type': 'Error', 'exception.message': 'connection\nreset' },
      },
    ],
  }),
  aSpan({
    spanId: 'b',
    parentSpanId: 'a',
    name: 'send ticketing.v1.booking.hold-seats',
    kind: 'producer',
    ...at(1, 7),
    links: [{ traceId: 'ab'.repeat(16), spanId: 'e' }],
  }),
  aSpan({
    spanId: 'a',
    name: 'POST /purchase',
    kind: 'server',
    ...at(0, 10),
    attributes: { 'ticketing.request_id': 'my-request', 'http.response.status_code': 409 },
  }),
  aSpan({ spanId: 'f', parentSpanId: '00000000000000ff', name: 'lost child', instance: 'event-1', ...at(3, 1) }),
]

test('a trace is shown as a tree with process, kind, start, duration and bar of every span, and what went wrong', (t) => {
  t.is(
    rendered(purchase),
    `POST /purchase   409   answered in 10.0 ms   5 spans of 3 processes in 10.0 ms
request my-request   trace c0ffee00c0ffee00c0ffee00c0ffee00   2026-01-01T00:00:00.000Z

span                                           process    kind        start       ms
POST /purchase → 409                           gateway-1  server        0.0     10.0  ██████████████
├─ send ticketing.v1.booking.hold-seats        gateway-1  producer      1.0      7.0   ██████████
│  │  comes from trace ${'ab'.repeat(16)}
│  └─ process ticketing.v1.booking.hold-seats  booking-1  consumer      2.0      5.0    ███████
│        ! seats_taken
└─ postgres UPDATE                             gateway-1  client        9.0      0.5              █
      ✘ Error: connection\\u000areset
lost child                                     event-1                  3.0      1.0      █
   its parent 00000000000000ff was not recorded`,
  )
})

test('the order in which spans arrive does not change what is shown', (t) => {
  const expected = rendered(purchase)
  always(
    t,
    { of: [fc.shuffledSubarray(purchase, { minLength: purchase.length })], times: 60 },
    (spans) => rendered(spans) === expected,
  )
})

test('every span stands in the tree exactly once, also where parents are missing or go round in a ring', (t) => {
  const id = fc.integer({ min: 0, max: 11 }).map(String)
  const spans = fc.uniqueArray(
    fc.record({ spanId: id, parentSpanId: fc.oneof(id, fc.constant('')), startMs: fc.nat(20) }),
    { selector: ({ spanId }) => spanId },
  )
  always(t, { of: [spans] }, (drawn) => {
    const all = drawn.map(({ startMs, ...ids }) => aSpan({ ...ids, name: ids.spanId, ...at(startMs, 1) }))
    const names = namesOf(buildTrees(all))
    return names.length === all.length && new Set(names).size === all.length
  })
})

test('siblings stand in the order of their starts, and those of one moment as they were reported', (t) => {
  const sibling = (name: string, startMs: number) => aSpan({ spanId: name, parentSpanId: 'p', name, ...at(startMs, 1) })
  const spans = [sibling('COMMIT', 5), sibling('BEGIN', 2), sibling('UPDATE', 2), aSpan({ spanId: 'p', name: 'p' })]
  t.deepEqual(namesOf(buildTrees(spans)), ['p', 'BEGIN', 'UPDATE', 'COMMIT'])
})

test('a clock that runs behind makes no line longer than the terminal, nor a time negative', (t) => {
  const spans = [
    aSpan({ spanId: 'a', name: 'parent', ...at(10, 5) }),
    aSpan({ spanId: 'b', parentSpanId: 'a', name: 'child of a slow clock', ...at(2, -1) }),
  ]
  const lines = renderTrace(spans, { width: 80, paint: plain })
  t.regex(lines.at(-1) ?? '', /^└─ child of a slow clock .* 0\.0 +0\.0 {2}▏$/)
  t.true(lines.slice(3).every((line) => line.length <= 80))
})

test('on a narrow terminal the bar goes first, then the ends of the names', (t) => {
  const wide = rendered(purchase, 100)
  t.true(wide.includes('█'))
  const narrow = rendered(purchase, 78)
  t.false(narrow.includes('█'))
  t.regex(narrow, /process ticketing\.v1\.booking\.hol…/)
  const lines = narrow.split('\n').slice(3)
  t.true(lines.every((line) => line.length <= 78))
})

test('names and messages cannot move the cursor, and colours are used where they are asked for only', (t) => {
  const spans = [aSpan({ name: 'evil \u001b[2J\r\u202e\ud800 name', status: 'error', statusMessage: '\u0007' })]
  const text = rendered(spans)
  t.true(text.includes('evil \\u001b[2J\\u000d\\u202e\\ud800 name'))
  t.true(text.includes('✘ \\u0007'))
  t.true(renderTrace(spans, { width: 100, paint: coloured }).join('\n').includes('\u001b[31m'))
})

test('of a trace with very many spans the first are shown, and how many more there are', (t) => {
  const spans = Array.from({ length: 130_000 }, (_, index) => aSpan({ spanId: String(index), ...at(index, 1) }))
  const lines = rendered(spans).split('\n')
  t.true(lines.length < 2_010)
  t.is(lines.at(-1), '… 128000 more spans')
  t.regex(lines[0] ?? '', /130000 spans of 1 process in 130000\.0 ms/)
})

const [traceId, spanId] = ['c0ffee00c0ffee00c0ffee00c0ffee00', '00f067aa0ba902b7']

test('a traceparent is read, also of a later version with additions', (t) => {
  const parent = { traceId, spanId, isRemote: true }
  t.deepEqual(parseTraceparent(`00-${traceId}-${spanId}-01`), { ...parent, traceFlags: 1 })
  t.deepEqual(parseTraceparent(`00-${traceId}-${spanId}-00`), { ...parent, traceFlags: 0 })
  t.deepEqual(parseTraceparent(`cc-${traceId}-${spanId}-01-what-comes-later`), { ...parent, traceFlags: 1 })
})

test('a new trace begins where there is no traceparent, or one of another form', (t) => {
  const ids = `${traceId}-${spanId}`
  for (const header of [
    ...[undefined, '', 'nonsense', `ff-${ids}-01`, `00-${'0'.repeat(32)}-${spanId}-01`],
    ...[`00-${traceId}-${'0'.repeat(16)}-01`, `00-${traceId.toUpperCase()}-${spanId}-01`, `00-${ids}`],
    ...[`00-${ids}-1`, `00-${traceId}${spanId}-01`, `00-${ids}-01x`, `00-${ids}-01-what-comes-later`],
  ]) {
    t.is(parseTraceparent(header), null, header)
  }
})

const named = (flags: string) => ({ traceparent: `00-c0ffee00c0ffee00c0ffee00c0ffee00-00f067aa0ba902b7-${flags}` })

test('a caller can force a trace to be recorded and logged, but never keep it from the log', (t) => {
  recordTraces()
  const decided = (headers: Record<string, string>, mayRecordNew = true) => {
    const { isRecorded, isSample } = startOfTrace(headers, { mayRecordNew })
    return { isRecorded, isSample }
  }

  sampleNewTraces(1)
  t.deepEqual(decided({}), { isRecorded: true, isSample: true })
  t.deepEqual(decided({}, false), { isRecorded: false, isSample: true })
  t.deepEqual(decided(named('00')), { isRecorded: false, isSample: true })

  sampleNewTraces(0)
  t.deepEqual(decided({}), { isRecorded: false, isSample: false })
  t.deepEqual(decided(named('00')), { isRecorded: false, isSample: false })
  t.deepEqual(decided(named('01')), { isRecorded: true, isSample: true })
  t.deepEqual(decided(named('01'), false), { isRecorded: true, isSample: true })
})

test('the trace id of a request that was not recorded is found in logs, also in those that were put aside', async (t) => {
  const directory = await createTestDirectory('logs')
  const line = (id: string, traceId: string): string => `${JSON.stringify({ request_id: id, trace_id: traceId })}\n`
  const [older, newer] = ['a'.repeat(32), 'b'.repeat(32)]
  await writeFile(join(directory, 'gateway-1.log.1'), line('early', older) + line('twice', older))
  await writeFile(join(directory, 'gateway-1.log'), line('late', newer) + line('twice', newer))
  const found = ['early', 'late', 'twice', 'never'].map((id) => traceIdInLogs(directory, id))
  t.deepEqual(found, [older, newer, newer, undefined])
})
