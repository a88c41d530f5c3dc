import { verdictLines } from '../verdict.ts'
import type { Phases, Refusals, Result } from './measure.ts'

/** What was measured, for people. */
export function reportLines(result: Result): string[] {
  return [
    ...linesOf('best available', result),
    ...linesOf('named seats', result.named_seats),
    '',
    ...refusalLines('buyers who all want seats that somebody holds', result.lost_seats_refused),
    ...refusalLines('buyers in a full house', result.full_house_refused),
    '',
    `pgbench with the statements of one hold of named seats a transaction: ${result.pgbench_seats_per_second} seats held a second; ours is ${Math.round(result.pgbench_share * 100)} % of it`,
    ...verdictLines(result.verdicts),
    `lost seats: ${result.lost_seats}`,
  ]
}

function refusalLines(who: string, refusals: Refusals): string[] {
  return [
    `${who}: ${refusals.refused_per_second} refused a second`,
    `  ms of processor time a refusal: ${pairs(refusals.cpu_ms_per_refusal)}`,
    `  answers: ${pairs(refusals.outcomes)}`,
  ]
}

/** `held 12, sold_out 3`. */
export function pairs(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

function linesOf(variant: string, phases: Phases): string[] {
  return [
    '',
    `holds of 4, ${variant}`,
    `  ${phases.seats_per_second} seats held a second`,
    ...phases.waits.map(
      ({ buyers_per_second, p50_ms, p99_ms }) =>
        `  at ${buyers_per_second} buyers a second: p50 ${p50_ms} ms, p99 ${p99_ms} ms`,
    ),
    `  ms of processor time a hold: ${pairs(phases.cpu_ms_per_hold)}`,
    `  answers: ${pairs(phases.outcomes)}`,
  ]
}
