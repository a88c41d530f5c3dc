import test from 'ava'
import { recordTraces, sampleNewTraces, startOfTrace } from '#shared/observability/tracing.ts'

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
