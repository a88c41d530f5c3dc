import { limitsHold } from './admissions.ts'
import {
  everyBookingIsKnown,
  ownThingsOnly,
  refusedIsNotBought,
  sameKeySameAnswer,
  strangersGetNothing,
} from './answers.ts'
import { buyersKnow, everythingEnds, holdsEnd } from './ends.ts'
import type { Check, Evidence } from './evidence.ts'
import { placesAreFound, placesAreKept } from './queue.ts'
import { changedSalesLookChanged, soldSeatsLookSold, writersSeeTheirWrites } from './stale-reads.ts'
import { acknowledgedPurchaseIsThere, seatPromisedOnce } from './tickets.ts'

/** Lines of the report, each with the checks that count for it beside those of the auditor; see `lineOf`. */
const checks = {
  lost: [acknowledgedPurchaseIsThere],
  doubles: [seatPromisedOnce],
  'money without ticket': [],
  'tickets without money': [],
  'stuck holds': [holdsEnd],
  unresolved: [everythingEnds, buyersKnow],
  'changed answers': [sameKeySameAnswer, refusedIsNotBought, everyBookingIsKnown],
  'strangers served': [strangersGetNothing, ownThingsOnly],
  'stale reads': [writersSeeTheirWrites, soldSeatsLookSold, changedSalesLookChanged],
  'over-admitted': [limitsHold],
  'places in the queue': [placesAreKept, placesAreFound],
  // Those of the streams are compared where they are open.
  'stream mismatches': [],
  // Those that have no line of their own.
  'auditor violations': [],
} satisfies Record<string, readonly Check[]>

export type FindingLine = keyof typeof checks

export const findingLines = Object.keys(checks) as FindingLine[]

const linesOfInvariants: Readonly<Record<string, FindingLine>> = {
  I1: 'doubles',
  I2: 'doubles',
  I3: 'stuck holds',
  I4: 'doubles',
  I7: 'money without ticket',
  I8: 'money without ticket',
  I10: 'doubles',
  I14: 'places in the queue',
}

/** The line of the report for a broken invariant of the auditor. */
export function lineOf({ invariant, says }: { readonly invariant: string; readonly says: string }): FindingLine {
  if (says.includes('is paid for')) return 'tickets without money'
  return linesOfInvariants[invariant] ?? 'auditor violations'
}

/** What is wrong, by line of the report; a line without faults is an empty list. */
export type Findings = Record<FindingLine, string[]>

export async function runChecks(evidence: Evidence): Promise<Findings> {
  const findings = {} as Findings
  for (const line of findingLines) {
    findings[line] = []
    for (const check of checks[line]) findings[line].push(...(await check(evidence)))
  }
  return findings
}
