import { countFailures, reportLines } from '../audit/report.ts'
import type { DrillReport } from './drill.ts'

/** The drill for people and for grep: what the auditor says, how old and how quick it was, and `faults: N` as the last line. */
export function drillLines(report: DrillReport): string[] {
  const { recoveryPoint, lastSaleAt, beganAt, steps, seconds, differences } = report
  const ageSeconds = (beganAt.getTime() - Date.parse(recoveryPoint)) / 1000
  return [
    ...reportLines(report.audit),
    '',
    ...differences.map((difference) => `DIFFERS  ${difference}`),
    `recovery point: ${recoveryPoint}, ${duration(ageSeconds)} before this drill`,
    `last sale in it: ${lastSaleAt ?? 'none'}`,
    `recovery time: ${seconds.toFixed(1)} s (${steps.map((step) => `${step.name} ${step.seconds.toFixed(1)}`).join(', ')})`,
    `faults: ${countFaults(report)}`,
  ]
}

/** Differences, violations, and what could not be checked. */
export function countFaults({ differences, audit }: DrillReport): number {
  return differences.length + countFailures(audit)
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(1)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`
}
