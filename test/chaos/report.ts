import type { ProbeCounts } from './checks/admissions.ts'
import type { FindingLine, Findings } from './checks/all-checks.ts'
import type { ReadCounts } from './checks/stale-reads.ts'
import { type CrowdCounts, crowdSize } from './crowd.ts'
import type { Injected } from './injector.ts'
import type { QueueCounts } from './queue.ts'
import { type Recovery, seconds } from './recovery.ts'
import { tableLines } from './table.ts'

export interface Run {
  readonly injected: readonly Injected[]
  readonly findings: Findings
  /** Names of processes that ended although nobody had killed them. */
  readonly crashed: readonly string[]
  readonly acknowledged: number
  readonly requests: number
  readonly unknownOutcomes: number
  readonly reads: ReadCounts
  readonly probes: ProbeCounts
  readonly crowds: CrowdCounts
  readonly queue: QueueCounts
  readonly streams: { readonly watchers: number; readonly cuts: number; readonly resets: number }
  /** Webhooks that the payment provider sent and saw accepted, copies included. */
  readonly webhooks: number
  readonly longestUnavailabilityMs: number
  /** Of faults that have a bound. */
  readonly recoveries: readonly Recovery[]
  readonly replay: string
}

/** Fewer show nothing: the faults then met nobody. */
export const leastPurchases = 200
const shownPerLine = 5
const shownCharacters = 400

/** The block that is looked for: one fact a line, the same names in every run. */
export function reportLines(run: Run): string[] {
  const { injected, findings, crashed, reads, probes, crowds, queue, streams } = run
  const byKind = Map.groupBy(injected, ({ planned }) => planned.fault.kind)
  const kinds = [...byKind].map(([kind, faults]) => `${kind} ${faults.length}`).toSorted()
  return [
    `faults injected: ${injected.length} (${kinds.join(', ')})`,
    `requests: ${run.requests} (${run.unknownOutcomes} without a known outcome at first)`,
    `acknowledged purchases: ${run.acknowledged}`,
    `webhooks accepted: ${run.webhooks} (each came twice, up to 2.5 s late)`,
    `public reads: ${reads.reads} (${reads.kept} from a cache, ${reads.spare} while no worker answered, ${reads.own} of own changes)`,
    `requests against a limit: ${probes.probes} (${probes.admitted} admitted, ${probes.refused} refused, ${probes.refusedEarly} of them below half of it)`,
    `crowds: ${crowds.crowds} of ${crowdSize} visitors (${crowds.bought} bought, ${crowds.refused} refused, ${crowds.others} otherwise)`,
    `waiting room: ${queue.joined} joined (${queue.admitted} let in, ${queue.bought} bought)`,
    `streams of seats: ${streams.watchers} (${streams.cuts} times cut, ${streams.resets} resets)`,
    ...Object.entries(findings).map(([line, wrong]) => `${line}: ${wrong.length}`),
    `crashed processes: ${crashed.length}`,
    `vacuous faults: ${vacuous(injected).length}`,
    ...recoveryTable(run.recoveries),
    `longest unavailability: ${seconds(run.longestUnavailabilityMs)}`,
    `replay: ${run.replay}`,
  ]
}

/** What is behind the numbers that are not 0, a few lines each. */
export function explanations(run: Run): string[] {
  const { injected, findings, crashed, acknowledged, webhooks, reads, probes, crowds, queue, streams } = run
  const reasons: [string, readonly string[]][] = [
    ...(Object.entries(findings) as [FindingLine, string[]][]),
    ['crashed processes', crashed],
    ['vacuous faults', vacuous(injected)],
    [
      'back to normal too late',
      run.recoveries.filter(isLate).map(({ kind, failures }) => `${kind}: ${failures.join(', ')}`),
    ],
    ['webhooks', webhooks === 0 ? ['none was accepted'] : []],
    ['public reads', reads.own === 0 ? ['nobody looked for a change of their own'] : []],
    ['requests against a limit', probes.refused === 0 ? ['none was refused'] : []],
    ['crowds', crowds.crowds > 0 && crowds.bought === 0 ? ['nobody in them bought anything'] : []],
    ['waiting room', queue.joined > 0 && queue.bought === 0 ? ['nobody came through it'] : []],
    ['streams of seats', streams.cuts === 0 ? ['none was cut'] : []],
    ['too few purchases', acknowledged < leastPurchases ? [`${acknowledged} of at least ${leastPurchases}`] : []],
  ]
  return reasons.flatMap(([line, wrong]) => {
    const more = wrong.length > shownPerLine ? [`  ${line}: … and ${wrong.length - shownPerLine} more`] : []
    return [...wrong.slice(0, shownPerLine).map((what) => `  ${line}: ${shortened(what)}`), ...more]
  })
}

export const isGreen = (run: Run): boolean => explanations(run).length === 0
const isLate = ({ longestOutageMs, boundMs }: Recovery): boolean => longestOutageMs > boundMs

function recoveryTable(recoveries: readonly Recovery[]): string[] {
  if (recoveries.length === 0) return []
  const rows = [
    ['fault', 'back to normal', 'bound', 'failed', 'longest wait', 'what'],
    ...recoveries.map((recovery) => [
      recovery.kind,
      `after ${seconds(recovery.longestOutageMs)}${isLate(recovery) ? ' TOO LATE' : ''}`,
      seconds(recovery.boundMs),
      String(recovery.failed),
      seconds(recovery.longestWaitMs),
      recovery.seen,
    ]),
  ]
  return tableLines(rows).map((line) => `  ${line}`)
}

const shortened = (text: string): string =>
  text.length > shownCharacters ? `${text.slice(0, shownCharacters)} …` : text
const vacuous = (injected: readonly Injected[]): string[] =>
  injected
    .filter(({ effect }) => !effect.changed)
    .map(({ planned, effect }) => `${planned.number} ${planned.fault.kind} ${planned.target}: ${effect.seen}`)
