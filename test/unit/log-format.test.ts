import test from 'ava'
import { formatEntry } from '../../infra/ops/logs/format-entry.ts'
import { entryParser, type LogEntry } from '../../infra/ops/logs/log-entry.ts'
import { mayPass, passes } from '../../infra/ops/logs/log-filter.ts'
import { coloured, plain } from '../../infra/terminal/output.ts'

const time = '2026-11-25T20:18:02.123Z'

function entryOf(facts: Record<string, unknown>, msg = 'request', level = 30): LogEntry {
  const line = { name: 'gateway', instance: 'gateway-1', hostname: 'vm', pid: 7, level, ...facts, msg, time, v: 0 }
  return entryParser('gateway-1')(JSON.stringify(line))
}

const shown = (entry: LogEntry, paint = plain): string => formatEntry(entry, { paint, instanceWidth: 10 }).join('\n')

test('a record is one line: time, level, process, message, its facts, and the ids last', (t) => {
  const facts = { request_id: 'my-request', endpoint: '/events/:id', status: 200, duration_ms: 3.1, trace_id: 'c0ffee' }
  t.is(
    shown(entryOf(facts)),
    '20:18:02.123Z  INFO   gateway-1   request  endpoint=/events/:id  status=200  duration_ms=3.1  request_id=my-request  trace_id=c0ffee',
  )
  t.is(
    shown(entryOf({ note: 'two words', none: '', nested: { a: [1, null] } }, 'odd', 35)),
    '20:18:02.123Z  INFO   gateway-1   odd  note="two words"  none=""  nested={"a":[1,null]}',
  )
})

test('an error follows with its stack, then what caused it', (t) => {
  const cause = {
    name: 'AggregateError',
    message: '',
    code: 'ECONNREFUSED',
    errors: [{ name: 'Error', message: 'port 1' }],
  }
  const stack = 'Error: lost\nits way\n    at work (file:///a.ts:1:2)\n    at main (file:///b.ts:3:4)'
  const err = { name: 'Error', message: 'lost\nits way', stack, cause }
  t.is(
    shown(entryOf({ err }, 'request failed', 50)),
    [
      '20:18:02.123Z  ERROR  gateway-1   request failed',
      '    Error: lost',
      '    its way',
      '        at work (file:///a.ts:1:2)',
      '        at main (file:///b.ts:3:4)',
      '    caused by',
      '      AggregateError:  (ECONNREFUSED)',
      '      caused by',
      '        Error: port 1',
    ].join('\n'),
  )
})

test('a line that is no record of ours is shown as it is, in its place', (t) => {
  const parse = entryParser('nats')
  const indent = ' '.repeat(22)
  for (const text of ['[7] 2026/11/25 20:18:02.123456 [INF] ready', '{"level":30}', '{ broken', 'Killed', '[1,2]']) {
    const entry = parse(text)
    t.is(entry.record, null)
    t.is(shown(entry), `${indent}nats        ${text}`)
  }
})

test("the times of servers' lines are understood, and a line without one has that of the line before", (t) => {
  const parse = entryParser('server')
  const ms = (text: string): number => parse(text).timeMs
  t.is(ms('first of all'), 0)
  t.is(ms('2026-11-25 20:18:02.123 UTC [7] LOG:  ready'), Date.parse(time))
  t.is(ms('    a second line'), Date.parse(time))
  t.is(ms('[7] 2026/11/25 20:18:02.123456 [INF] ready'), new Date(2026, 10, 25, 20, 18, 2, 123).getTime())
  t.is(ms('7:M 25 Nov 2026 20:18:02.124 * Ready'), new Date(2026, 10, 25, 20, 18, 2, 124).getTime())
  const later = '2026-11-25T20:18:03.000Z'
  t.is(ms(JSON.stringify({ level: 30, msg: 'x', time: later })), Date.parse(later))
})

test('text from outside cannot move the cursor, nor begin a line', (t) => {
  const evil = '\u001b[2J\nINFO forged\u202e\ud800\0'
  const line = shown(entryOf({ evil, [evil]: 1 }, evil))
  t.false(line.includes('\n'))
  t.false([...line].some((character) => character < ' ' || character === '\u202e'))
  t.true(line.includes('\\u001b[2J'))
})

test('colours are used where they are asked for only', (t) => {
  t.true(shown(entryOf({}, 'lost', 50), coloured).includes('\u001b[31mERROR'))
  t.false(shown(entryOf({ err: { name: 'Error', message: 'x' } }, 'lost', 50)).includes('\u001b'))
})

test('entries are chosen by level, request and trace; other lines pass where nothing is asked of a record', (t) => {
  const nothing = { level: undefined, request: undefined, trace: undefined }
  const request = entryOf({ request_id: 'my-request', trace_id: 'c0ffee' })
  const failure = entryOf({ request_id: 'another' }, 'lost', 50)
  const other = entryParser('nats')('ready')
  const chosen = (filter: Partial<typeof nothing> | { level: number } | { request: string } | { trace: string }) =>
    [request, failure, other].filter((entry) => {
      const asked = { ...nothing, ...filter }
      if (passes(entry, asked)) t.true(mayPass(entry.text, asked))
      return passes(entry, asked)
    })
  t.deepEqual(chosen({}), [request, failure, other])
  t.deepEqual(chosen({ level: 40 }), [failure])
  t.deepEqual(chosen({ request: 'my-request' }), [request])
  t.deepEqual(chosen({ trace: 'c0ffee' }), [request])
  t.deepEqual(chosen({ trace: 'c0ffee', level: 40 }), [])
  t.false(mayPass(request.text, { ...nothing, request: 'my-req' }))
})
