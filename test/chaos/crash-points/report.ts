import type { PointResult } from './run-point.ts'

const columns = ['step', 'when', 'killed', 'outcome', 'settled s', 'violations'] as const

/** The table of all points and, as the last line, how many of them passed. */
export function reportLines(results: readonly PointResult[]): string[] {
  const rows = [
    [...columns],
    ...results.map(({ point, killed, outcome, settledSeconds, violations, faults }) => [
      point.step,
      point.when,
      killed === '' ? 'nobody' : `${killed}, gone`,
      faults.length === 0 ? outcome : 'FAILED',
      settledSeconds.toFixed(1),
      String(violations),
    ]),
  ]
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const failed = results.filter(({ faults }) => faults.length > 0)
  const reasons = failed.flatMap(({ point, faults }) => [
    `${point.step}, ${point.when}:`,
    ...faults.map((fault) => `  ${fault}`),
  ])
  return [
    ...table,
    ...(reasons.length > 0 ? ['', ...reasons] : []),
    '',
    `crash points: ${results.length - failed.length} passed, ${failed.length} failed`,
  ]
}
