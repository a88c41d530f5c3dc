import type { AuditReport, InvariantResult } from './audit.ts'

/**
 * The audit for people and for grep: one line for each invariant, its examples below it, and `violations: N` as the last line. A result that
 * could not be checked counts as one.
 */
export function reportLines(report: AuditReport): string[] {
  const { results, durationMs, unchecked } = report
  return [
    ...results.flatMap((result) => [
      `${markOf(result)} ${result.invariant.padEnd(7)}${String(result.violations).padStart(6)}  ${result.says}`,
      ...result.examples.map((example) => `${' '.repeat(20)}${example}`),
    ]),
    `checked: ${results.length - unchecked} of ${results.length} in ${durationMs} ms`,
    `violations: ${countFailures(report)}`,
  ]
}

/** Violations and unchecked results. */
export function countFailures({ violations, unchecked }: AuditReport): number {
  return violations + unchecked
}

function markOf({ violations, checked }: InvariantResult): string {
  if (violations > 0) return 'FAIL'
  return checked ? 'ok  ' : '?   '
}
