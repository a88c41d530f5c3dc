import { readLedger } from '../support/ledger.ts'
import { askAuditor } from './ask-auditor.ts'
import { type Findings, runChecks } from './checks/all-checks.ts'
import type { FaultTime } from './checks/evidence.ts'
import type { World } from './http-buyer.ts'
import { retakeLeftSeats } from './retake-seats.ts'
import { compareWithLists, resolveUnknowns, waitUntilSettled } from './settle.ts'
import type { ChaosSystem } from './system.ts'

export interface JudgeOptions {
  readonly faults: readonly FaultTime[]
  readonly stopping: AbortSignal
  say(line: string): void
}

/** Waits for rest, lets buyers find out what they do not know, and lays the three sides' histories side by side. */
export async function judge(
  system: ChaosSystem,
  world: World,
  { faults, stopping, say }: JudgeOptions,
): Promise<Findings> {
  const retaken = await retakeLeftSeats(system.db, world)
  say(`  ${retaken.tried} seats that others had left were held and given back`)
  await waitUntilSettled(system.db, stopping)
  const asked = await resolveUnknowns(world, stopping)
  say(`  ${asked} buyers asked again what had become of their request`)
  await waitUntilSettled(system.db, stopping)
  const wrongLists = await compareWithLists(world)
  const ledger = await readLedger(system.paymentUrl)
  const findings = await runChecks({ history: world.history, db: system.db, ledger, faults })
  findings['stuck holds'].push(...retaken.stuck)
  findings['changed answers'].push(...wrongLists)
  findings['auditor violations'].push(...(await askAuditor(world.gatewayUrls[0] ?? '')))
  return findings
}
