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
    return { point, killed: 'purchase 7', outcome: 'bought once', settledSeconds: 4.2, violations: 0, faults: [] }
  })
  t.is(reportLines(results).at(-1), 'crash points: 18 passed, 0 failed')
  const [first, ...others] = results
  if (first === undefined) return t.fail()
  const lines = reportLines([{ ...first, faults: ['two charges'] }, ...others])
  t.true(lines.includes('  two charges'))
  t.is(lines.at(-1), 'crash points: 17 passed, 1 failed')
})
