import { askAuditor } from './ask-auditor.ts'
import type { Shop } from './buyer.ts'
import { type Findings, lineOf, runChecks } from './checks/all-checks.ts'
import type { FaultTime } from './checks/evidence.ts'
import { retakeLeftSeats } from './retake-seats.ts'
import { compareWithLists, resolveUnknowns, waitUntilAllEnded, waitUntilMoneyRests } from './settle.ts'
import type { SystemUnderTest } from './start.ts'

export interface JudgeOptions {
  readonly faults: readonly FaultTime[]
  readonly stopping: AbortSignal
  say(line: string): void
}

/** Waits for rest, lets buyers find out what they do not know, and compares what they were told with the database, and that with the provider. */
export async function judge(
  system: SystemUnderTest,
  world: Shop,
  { faults, stopping, say }: JudgeOptions,
): Promise<Findings> {
  const retaken = await retakeLeftSeats(system.db, world)
  say(`  ${retaken.tried} seats that others had left were held and given back`)
  await waitUntilAllEnded(system.db, stopping)
  const asked = await resolveUnknowns(world, stopping)
  say(`  ${asked} buyers asked again what had become of their request`)
  await waitUntilAllEnded(system.db, stopping)
  const wrongLists = await compareWithLists(world)
  const findings = await runChecks({ history: world.history, db: system.db, faults })
  findings['stuck holds'].push(...retaken.stuck)
  findings['stream mismatches'].push(...(await world.watchers.compare(system.db)))
  findings['changed answers'].push(...wrongLists)
  await waitUntilMoneyRests(system.db)
  for (const { what, ...violation } of await askAuditor(system.url)) findings[lineOf(violation)].push(what)
  return findings
}
