import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../infra/config.ts'
import type { Shop } from './buyer.ts'
import { countProbes } from './checks/admissions.ts'
import { acknowledgedPurchases, type FaultTime } from './checks/evidence.ts'
import { countReads } from './checks/stale-reads.ts'
import { command } from './command.ts'
import { noCrowds } from './crowd.ts'
import { type ChaosFlags, readFlags, replayCommand, usage } from './flags.ts'
import { History, longestUnavailability, verdictOf } from './history.ts'
import { openChangingEvents, openHouses, openQueuedHouse } from './houses.ts'
import type { Injected } from './injector.ts'
import { judge } from './judge.ts'
import { emptyQueue } from './queue.ts'
import { recoveriesOf } from './recovery.ts'
import { explanations, isGreen, type Run, reportLines } from './report.ts'
import { describePlan, planFaults } from './schedule.ts'
import { counts, links, settings } from './settings.ts'
import { buyersAtOnce, letBuyersShop } from './shopping.ts'
import { crashedIn, gatewayUrls, keepLogs, type SystemUnderTest, startSystemUnderTest } from './start.ts'
import { Watchers } from './watchers.ts'

/* `npm run chaos -- --seed 42 [--seconds 60] [--plan]`; see README.md. */

/** Whether the run was green. Throws when it could not be finished, as when it is told to stop. */
async function chaos(flags: ChaosFlags, stopping: AbortSignal): Promise<boolean> {
  console.log('Starting servers and processes …')
  const system = await startSystemUnderTest({
    servers: flags.topology,
    counts,
    environment: settings,
    links,
    say: console.log,
    stopping,
  })
  const history = new History()
  const injected: Injected[] = []
  try {
    const run = await observe(system, { flags, stopping, history, injected })
    console.log(`\n${reportLines(run).join('\n')}`)
    if (isGreen(run)) return true
    console.log(`\n${explanations(run).join('\n')}`)
    await keepEvidence(system, flags, { ...listsOf(history, injected), findings: [run.findings] })
    return false
  } catch (error) {
    if (!stopping.aborted) await keepEvidence(system, flags, listsOf(history, injected))
    throw error
  } finally {
    await system.stop()
  }
}

interface Observation {
  readonly flags: ChaosFlags
  readonly stopping: AbortSignal
  readonly history: History
  readonly injected: Injected[]
}

async function observe(system: SystemUnderTest, { flags, stopping, history, injected }: Observation): Promise<Run> {
  const urls = gatewayUrls(system)
  const houses = await openHouses(system.url, system.natsUrls.operator)
  const changingEvents = await openChangingEvents(system.url)
  const queuedEvent = await openQueuedHouse(system.url)
  // A small house and a large one, in which seats change all the time.
  const watched = [queuedEvent, ...[0, 11].flatMap((index) => houses[index]?.eventId ?? [])]
  const shop: Shop = {
    seed: flags.seed,
    houses,
    changingEvents,
    gatewayUrls: urls,
    history,
    crowds: noCrowds(),
    queuedEvent,
    queue: emptyQueue(),
    watchers: new Watchers({ seed: flags.seed, gatewayUrls: urls, eventIds: watched }),
  }
  console.log(`${buyersAtOnce} buyers and faults for ${flags.seconds} s (seed ${flags.seed}) …`)
  const from = history.now()
  await letBuyersShop(system, shop, { flags, stopping, onInjected: (one) => injected.push(one) })
  const to = history.now()
  stopping.throwIfAborted()
  const unknownOutcomes = history.entries.filter(({ outcome }) => verdictOf(outcome) === 'open').length
  console.log('All healed; waiting for rest and checking …')
  const findings = await judge(system, shop, { faults: timesOf(injected, from), stopping, say: console.log })
  stopping.throwIfAborted()
  const [callbacks] = await system.db.query<{ accepted: number }>(
    'SELECT count(*)::int AS accepted FROM sandbox.callbacks WHERE delivered_at IS NOT NULL',
  )
  return {
    injected,
    findings,
    crashed: crashedIn(system),
    acknowledged: acknowledgedPurchases(history).length,
    requests: history.entries.length,
    unknownOutcomes,
    reads: countReads(history),
    probes: countProbes(history),
    crowds: shop.crowds,
    queue: shop.queue,
    streams: { watchers: shop.watchers.count, cuts: shop.watchers.cuts, resets: shop.watchers.resets },
    webhooks: callbacks?.accepted ?? 0,
    recoveries: recoveriesOf(injected, history.entries, from),
    longestUnavailabilityMs: longestUnavailability(history.entries, { from, to }),
    replay: replayCommand(flags),
  }
}

/** `from`: when buying began, by the history's clock. */
const timesOf = (injected: readonly Injected[], from: number): FaultTime[] =>
  injected.map(({ planned: { fault, target }, beganAt, endedAt }) => {
    const { kind, touches } = fault
    return { kind, target, touches, from: from + beganAt, to: from + endedAt }
  })

/** Everything that was seen, one list a file. */
const listsOf = (
  { entries, reads, changes, places, probes, localDecisions }: History,
  faults: readonly Injected[],
) => ({ history: entries, reads, changes, places, probes, 'local-decisions': localDecisions, faults })

/** Puts the logs of all processes, and what is given as lists, into a folder of their own, and names it. */
async function keepEvidence(
  system: SystemUnderTest,
  { seed }: ChaosFlags,
  lists: Record<string, readonly unknown[]>,
): Promise<void> {
  const folder = join(projectRoot, '.data', 'chaos', `seed-${seed}`)
  await keepLogs(system, folder)
  for (const [name, items] of Object.entries(lists)) {
    await writeFile(join(folder, `${name}.jsonl`), items.map((item) => `${JSON.stringify(item)}\n`).join(''))
  }
  console.log(`\nLogs of all processes, the buyers' history and the faults: ${folder}`)
}

await command(async (stopping) => {
  const flags = readFlags(process.argv.slice(2))
  if (flags !== null && !flags.plan) return chaos(flags, stopping)
  console.log(flags === null ? usage : describePlan(planFaults(flags)))
  return true
})
