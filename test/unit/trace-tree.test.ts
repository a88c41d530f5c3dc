import test from 'ava'
import fc from 'fast-check'
import { renderTrace } from '../../infra/span-store/render-trace.ts'
import type { ReceivedSpan } from '../../infra/span-store/span.ts'
import { buildTrees, type SpanNode } from '../../infra/span-store/trace-tree.ts'
import { coloured, plain } from '../../infra/terminal/output.ts'
import { aSpan } from '../support/spans.ts'

const begin = Date.UTC(2026, 0, 1) * 1_000

/** Milliseconds after the begin, and how many it takes. */
function at(startMs: number, tookMs: number): Pick<ReceivedSpan, 'startUs' | 'endUs'> {
  return { startUs: begin + startMs * 1_000, endUs: begin + (startMs + tookMs) * 1_000 }
}

function namesOf(nodes: readonly SpanNode[]): string[] {
  return nodes.flatMap(({ span, children }) => [span.name, ...namesOf(children)])
}

function rendered(spans: readonly ReceivedSpan[], width = 100): string {
  return renderTrace(spans, { width, paint: plain }).join('\n')
}

const purchase: ReceivedSpan[] = [
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
  fc.assert(
    fc.property(fc.shuffledSubarray(purchase, { minLength: purchase.length }), (spans) => rendered(spans) === expected),
    { numRuns: 60 },
  )
  t.pass()
})

test('every span stands in the tree exactly once, also where parents are missing or go round in a ring', (t) => {
  const id = fc.integer({ min: 0, max: 11 }).map(String)
  const spans = fc.uniqueArray(
    fc.record({ spanId: id, parentSpanId: fc.oneof(id, fc.constant('')), startMs: fc.nat(20) }),
    { selector: ({ spanId }) => spanId },
  )
  fc.assert(
    fc.property(spans, (drawn) => {
      const all = drawn.map(({ startMs, ...ids }) => aSpan({ ...ids, name: ids.spanId, ...at(startMs, 1) }))
      const names = namesOf(buildTrees(all))
      return names.length === all.length && new Set(names).size === all.length
    }),
  )
  t.pass()
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
  t.deepEqual(
    lines.filter((line) => line.length > 78),
    [],
  )
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
