import { tableLines } from '../table.ts'
import type { PointResult } from './run-point.ts'

/** The table of all points, what broke an invariant of the auditor and, as the last line, how many points passed. */
export function reportLines(results: readonly PointResult[], violations: readonly string[]): string[] {
  const rows = [
    ['step', 'when', 'killed', 'outcome', 'settled s'],
    ...results.map(({ point, killed, outcome, settledSeconds, faults }) => [
      point.step,
      point.when,
      killed === '' ? 'nobody' : `${killed}, gone`,
      faults.length === 0 ? outcome : 'FAILED',
      settledSeconds.toFixed(1),
    ]),
  ]
  const failed = results.filter(({ faults }) => faults.length > 0)
  const reasons = failed.flatMap(({ point, faults }) => [
    `${point.step}, ${point.when}:`,
    ...faults.map((fault) => `  ${fault}`),
  ])
  return [
    ...tableLines(rows),
    ...(reasons.length > 0 ? ['', ...reasons] : []),
    '',
    ...violations,
    `auditor violations: ${violations.length}`,
    `crash points: ${results.length - failed.length} passed, ${failed.length} failed`,
  ]
}
