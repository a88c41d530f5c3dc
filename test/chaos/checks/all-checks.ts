import { limitsHold } from './admissions.ts'
import {
  everyBookingIsKnown,
  ownThingsOnly,
  refusedIsNotBought,
  sameKeySameAnswer,
  strangersGetNothing,
} from './answers.ts'
import {
  bookingsEnd,
  buyersKnow,
  endedHoldsKeepNothing,
  factsAreTold,
  holdsEnd,
  paymentsEnd,
  refundsEnd,
} from './ends.ts'
import type { Check, Evidence } from './evidence.ts'
import { moneyHasItsTicket, moneyIsKnown, nothingStaysAuthorised, ticketsArePaidFor } from './money.ts'
import { changedSalesLookChanged, soldSeatsLookSold, writersSeeTheirWrites } from './stale-reads.ts'
import {
  acknowledgedPurchaseIsThere,
  bookingPaidOnce,
  seatPromisedOnce,
  seatSoldOnce,
  soldPlacesAreLiveItems,
  soldSeatsAreLiveItems,
} from './tickets.ts'

/** Lines of the report, each with the checks that count for it. */
const checks = {
  lost: [acknowledgedPurchaseIsThere],
  doubles: [seatPromisedOnce, seatSoldOnce, soldSeatsAreLiveItems, soldPlacesAreLiveItems, bookingPaidOnce],
  'money without ticket': [moneyHasItsTicket, moneyIsKnown, nothingStaysAuthorised],
  'tickets without money': [ticketsArePaidFor],
  'stuck holds': [holdsEnd, endedHoldsKeepNothing],
  unresolved: [paymentsEnd, refundsEnd, bookingsEnd, buyersKnow, factsAreTold],
  'changed answers': [sameKeySameAnswer, refusedIsNotBought, everyBookingIsKnown],
  'strangers served': [strangersGetNothing, ownThingsOnly],
  'stale reads': [writersSeeTheirWrites, soldSeatsLookSold, changedSalesLookChanged],
  'over-admitted': [limitsHold],
  // Said by the auditor itself.
  'auditor violations': [],
} satisfies Record<string, readonly Check[]>

export type FindingLine = keyof typeof checks

/** What is wrong, by line of the report; a line without faults is an empty list. */
export type Findings = Record<FindingLine, string[]>

export async function runChecks(evidence: Evidence): Promise<Findings> {
  const findings = {} as Findings
  for (const line of Object.keys(checks) as FindingLine[]) {
    findings[line] = []
    for (const check of checks[line]) findings[line].push(...(await check(evidence)))
  }
  return findings
}
