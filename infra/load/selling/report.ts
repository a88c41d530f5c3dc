import type { Phases, Result } from './measure.ts'

/** What was measured, for people. */
export function reportLines(result: Result): string[] {
  return [
    ...linesOf('best available', result),
    ...linesOf('named seats', result.named_seats),
    '',
    `pgbench with the statements of a hold of named seats: ${result.pgbench_seats_per_second} seats held a second; ours is ${Math.round(result.pgbench_share * 100)} % of it`,
    `double sales: ${result.double_sales}`,
    `lost seats: ${result.lost_seats}`,
  ]
}

function linesOf(variant: string, phases: Phases): string[] {
  const pairs = (values: Readonly<Record<string, number>>): string =>
    Object.entries(values)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')
  return [
    '',
    `holds of 4, ${variant}`,
    `  ${phases.seats_per_second} seats held a second`,
    `  at ${phases.buyers_per_second_at_two_thirds} buyers a second: p50 ${phases.p50_ms} ms, p99 ${phases.p99_ms} ms`,
    `  ms of processor time a hold: ${pairs(phases.cpu_ms_per_hold)}`,
    `  answers: ${pairs(phases.outcomes)}`,
  ]
}
