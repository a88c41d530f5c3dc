import { mkdirSync, rmSync, symlinkSync, truncateSync } from 'node:fs'
import test from 'ava'
import { sizeOf } from '#shared/observability/log-file.ts'
import { spanFiles } from '#shared/observability/span-files.ts'
import { SpanWriter } from '#shared/observability/span-writer.ts'
import { startTracing } from '#shared/observability/start-tracing.ts'
import { withRemoteSpan } from '#shared/observability/tracing.ts'
import { findTraces, latestSpans, readTrace } from '../../infra/ops/trace/stored-spans.ts'
import { createRecordedLog } from '../support/recorded-log.ts'
import { createTestDirectory } from '../support/servers.ts'
import { aSpan } from '../support/spans.ts'
import { until } from '../support/until.ts'

const openWriter = (directory: string, { instance = 'gateway-1', maxBytes = 1e6 } = {}): SpanWriter =>
  new SpanWriter({ directory, instance, maxBytes })
const spanIds = (directory: string): string =>
  latestSpans(directory, 1e6)
    .map(({ spanId }) => spanId)
    .join(' ')

test.serial('a process with a full disk works on, tells it once, and its later spans are written', async (t) => {
  const directory = await createTestDirectory('spans')
  const { current } = spanFiles(directory, 'w-1')
  mkdirSync(directory, { recursive: true })
  symlinkSync('/dev/full', current)
  process.env.OTEL_BSP_SCHEDULE_DELAY = '50'
  const { log, messages } = createRecordedLog()
  const stopTracing = await startTracing({
    disabled: false,
    serviceName: 'worker',
    instance: 'w-1',
    sampleRatio: 1,
    directory,
    log,
  })
  t.teardown(stopTracing)
  const attributes = { seats: 2, sections: ['A', 'B'], ratio: 0.5, paid: true }
  const work = (name: string) => withRemoteSpan({}, name, { attributes }, async () => undefined)
  const kept = (name: string) => latestSpans(directory, 1e6).find((span) => span.name === name)

  await until('the full disk is told', async () => {
    await work('nobody writes this down')
    return messages.includes('spans were lost: they could not be written')
  })
  rmSync(current)
  await until('spans are written again', async () => {
    await work('later')
    return kept('later') !== undefined
  })
  t.like(kept('later'), { service: 'worker', instance: 'w-1', kind: 'internal', status: 'unset', parentSpanId: '' })
  t.deepEqual(kept('later')?.attributes, attributes)
  t.deepEqual(messages, ['spans were lost: they could not be written', 'writing spans was resumed'])
  await stopTracing()
})

test('what is kept of a process is bounded, and its oldest goes first', async (t) => {
  const directory = await createTestDirectory('spans')
  const maxBytes = 20_000
  const writer = openWriter(directory, { maxBytes })
  for (let number = 0; number < 500; number += 1) writer.write([aSpan({ traceId: `t${number}`, spanId: `${number}` })])
  writer.close()
  const { current, older } = spanFiles(directory, 'gateway-1')
  t.true(sizeOf(current) + sizeOf(older) < 2.1 * maxBytes)
  t.is(readTrace(directory, 't499').length, 1)
  t.is(readTrace(directory, 't0').length, 0)
  const numbers = latestSpans(directory, 1e6).map(({ spanId }) => Number(spanId))
  const last = Array.from({ length: numbers.length }, (_, index) => 500 - numbers.length + index)
  t.deepEqual(numbers, last)
  t.true(latestSpans(directory, 3_000).length < 15)
})

test('spans are written again after somebody deleted those there were', async (t) => {
  const directory = await createTestDirectory('spans')
  const writer = openWriter(directory, { maxBytes: 1 })
  t.teardown(() => writer.close())
  writer.write([aSpan({ spanId: '1' })])
  rmSync(directory, { recursive: true })
  for (const spanId of ['2', '3']) writer.write([aSpan({ spanId })])
  t.is(spanIds(directory), '2 3')
})

test('a line that was half written costs that line alone', async (t) => {
  const directory = await createTestDirectory('spans')
  const { current } = spanFiles(directory, 'gateway-1')
  const writer = openWriter(directory)
  writer.write([aSpan({ spanId: '1' }), aSpan({ spanId: '2' })])
  writer.close()
  truncateSync(current, sizeOf(current) - 20)
  writer.write([aSpan({ spanId: '3' })])
  writer.close()
  t.is(spanIds(directory), '1 3')
})

test('a trace is put together from the files of all processes; a request id finds the traces of all its requests', async (t) => {
  const directory = await createTestDirectory('spans')
  const hostile = 'id "with" \\ everything\n'
  const attributes = { 'ticketing.request_id': hostile }
  const first = aSpan({ traceId: 'first', spanId: '1', kind: 'server', attributes })
  const second = aSpan({ traceId: 'second', spanId: '2', kind: 'server', attributes, startUs: first.startUs + 1 })
  const linked = aSpan({ traceId: 'third', spanId: '3', links: [{ traceId: 'first', spanId: '1' }] })
  const elsewhere = aSpan({ traceId: 'first', spanId: '4', parentSpanId: '1', instance: 'booking-1' })
  for (const [instance, spans] of [
    ['gateway-1', [first, second, linked]],
    ['booking-1', [elsewhere]],
  ] as const) {
    const writer = openWriter(directory, { instance })
    writer.write(spans)
    writer.close()
  }
  t.deepEqual(findTraces(directory, hostile), ['second', 'first'])
  const instances = readTrace(directory, 'first').map(({ instance }) => instance)
  t.deepEqual(instances, ['booking-1', 'gateway-1'])
})
