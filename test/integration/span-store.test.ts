import { mkdirSync, rmSync, symlinkSync, truncateSync } from 'node:fs'
import test from 'ava'
import { sizeOf } from '#shared/observability/log-file.ts'
import { startTracing } from '#shared/observability/start-tracing.ts'
import { withRemoteSpan } from '#shared/observability/tracing.ts'
import { spanDirectory, spanFiles } from '../../infra/span-store/span-files.ts'
import { SpanWriter } from '../../infra/span-store/span-writer.ts'
import { findTraces, latestSpans, readTrace } from '../../infra/span-store/stored-spans.ts'
import { freePort } from '../../infra/system/free-port.ts'
import { type RunningProcess, startProcess } from '../support/process.ts'
import { createTestDirectory } from '../support/servers.ts'
import { aSpan } from '../support/spans.ts'
import { until } from '../support/until.ts'

function startStore(dataDirectory: string, port: number): Promise<RunningProcess> {
  return startProcess({ kind: 'span-store', instance: 'span-store', port, env: { DATA_DIR: dataDirectory } })
}

test.serial(
  'a process whose span store is killed or has a full disk works on, and its later spans are kept',
  async (t) => {
    const [dataDirectory, fullDirectory] = await Promise.all(['spans', 'spans'].map(createTestDirectory))
    if (dataDirectory === undefined || fullDirectory === undefined) return t.fail()
    mkdirSync(spanDirectory(fullDirectory))
    symlinkSync('/dev/full', spanFiles(spanDirectory(fullDirectory)).current)
    const port = await freePort()
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${port}`
    process.env.OTEL_BSP_SCHEDULE_DELAY = '50'
    const stopTracing = await startTracing({ disabled: false, serviceName: 'worker', instance: 'w-1', sampleRatio: 1 })
    t.teardown(stopTracing)

    const work = async (name: string): Promise<void> => {
      const startedAt = performance.now()
      await withRemoteSpan(
        {},
        name,
        { attributes: { seats: 2, sections: ['A', 'B'], ratio: 0.5, paid: true } },
        async () => undefined,
      )
      t.true(performance.now() - startedAt < 500)
    }
    const kept = (name: string) => latestSpans(spanDirectory(dataDirectory), 1e6).find((span) => span.name === name)

    let store = await startStore(dataDirectory, port)
    await work('first')
    await until('the first span is kept', () => kept('first') !== undefined)
    t.like(kept('first'), { service: 'worker', instance: 'w-1', kind: 'internal', status: 'unset', parentSpanId: '' })
    t.deepEqual(kept('first')?.attributes, { seats: 2, sections: ['A', 'B'], ratio: 0.5, paid: true })
    await store.kill()
    await work('while it is away')

    store = await startStore(fullDirectory, port)
    await until('the full disk is told', async () => {
      await work('nobody writes this down')
      return store.output().includes('spans are lost')
    })
    await work('nor this')
    t.is(await store.stop(), 0)
    t.is(store.output().match(/spans are lost/g)?.length, 1)

    store = await startStore(dataDirectory, port)
    t.teardown(() => store.stop())
    await until('spans are kept again', async () => {
      await work('later')
      return kept('later') !== undefined
    })
  },
)

test('what is kept is bounded, and the oldest goes first', async (t) => {
  const directory = await createTestDirectory('spans')
  const maxBytes = 20_000
  const writer = new SpanWriter({ directory, maxBytes })
  for (let number = 0; number < 500; number += 1) writer.write([aSpan({ traceId: `t${number}`, spanId: `${number}` })])
  writer.close()
  const { current, older } = spanFiles(directory)
  t.true(sizeOf(current) + sizeOf(older) < 2.1 * maxBytes)
  t.is(readTrace(directory, 't499').length, 1)
  t.is(readTrace(directory, 't0').length, 0)
  const numbers = latestSpans(directory, 1e6).map(({ spanId }) => Number(spanId))
  t.deepEqual(
    numbers,
    Array.from({ length: numbers.length }, (_, index) => 500 - numbers.length + index),
  )
  t.true(latestSpans(directory, 3_000).length < 15)
})

test('spans are kept again after somebody deleted those there were', async (t) => {
  const directory = await createTestDirectory('spans')
  const writer = new SpanWriter({ directory, maxBytes: 1 })
  t.teardown(() => writer.close())
  writer.write([aSpan({ spanId: '1' })])
  rmSync(directory, { recursive: true })
  for (const spanId of ['2', '3']) writer.write([aSpan({ spanId })])
  t.deepEqual(
    latestSpans(directory, 1e6).map(({ spanId }) => spanId),
    ['2', '3'],
  )
})

test('a line that was half written costs that line alone', async (t) => {
  const directory = await createTestDirectory('spans')
  const { current } = spanFiles(directory)
  const writer = new SpanWriter({ directory, maxBytes: 1e6 })
  writer.write([aSpan({ spanId: '1' }), aSpan({ spanId: '2' })])
  writer.close()
  truncateSync(current, sizeOf(current) - 20)
  writer.write([aSpan({ spanId: '3' })])
  writer.close()
  t.deepEqual(
    latestSpans(directory, 1e6).map(({ spanId }) => spanId),
    ['1', '3'],
  )
})

test('a span that came twice is kept once in its trace; a request id finds the traces of all its requests', async (t) => {
  const directory = await createTestDirectory('spans')
  const writer = new SpanWriter({ directory, maxBytes: 1e6 })
  const hostile = 'id "with" \\ everything\n'
  const attributes = { 'ticketing.request_id': hostile }
  const first = aSpan({ traceId: 'first', spanId: '1', kind: 'server', attributes })
  const second = aSpan({ traceId: 'second', spanId: '2', kind: 'server', attributes, startUs: first.startUs + 1 })
  const linked = aSpan({ traceId: 'third', spanId: '3', links: [{ traceId: 'first', spanId: '1' }] })
  writer.write([first, second, linked])
  writer.write([first])
  writer.close()
  t.deepEqual(findTraces(directory, hostile), ['second', 'first'])
  t.deepEqual(readTrace(directory, 'first'), [first])
})
