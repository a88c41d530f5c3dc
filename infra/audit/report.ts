import type { AuditReport } from './audit.ts'

/**
 * The audit for people and for grep: one line an invariant, examples below it, and `violations: N` as the last line.
 */
export function reportLines({ results, violations, durationMs }: AuditReport): string[] {
  return [
    ...results.flatMap((result) => [
      `${result.violations === 0 ? 'ok  ' : 'FAIL'} ${result.invariant.padEnd(7)}${String(result.violations).padStart(6)}  ${result.says}`,
      ...result.examples.map((example) => `${' '.repeat(20)}${example}`),
    ]),
    `checked: ${results.length} in ${durationMs} ms`,
    `violations: ${violations}`,
  ]
}
