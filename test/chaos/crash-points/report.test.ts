import test from 'ava'
import { crashPoints } from './points.ts'
import { reportLines } from './report.ts'
import type { PointResult } from './run-point.ts'

test('there is a crash point before and after each of the nine steps', (t) => {
  t.is(crashPoints.length, 18)
  t.is(new Set(crashPoints.map(({ step, when }) => `${step} ${when}`)).size, 18)
})

test('a point with a fault has failed, and the report says why', (t) => {
  const results = crashPoints.map((point): PointResult => {
    return { point, killed: 'purchase-1 7', outcome: 'bought once', settledSeconds: 4.2, faults: [] }
  })
  t.is(reportLines(results, []).at(-1), 'crash points: 18 passed, 0 failed')
  const [first, ...others] = results
  if (first === undefined) return t.fail()
  const lines = reportLines([{ ...first, faults: ['two charges'] }, ...others], ['I1: a seat twice'])
  t.true(lines.includes('  two charges') && lines.includes('auditor violations: 1'))
  t.is(lines.at(-1), 'crash points: 17 passed, 1 failed')
})
