import test from 'ava'
import { type Findings, findingLines } from './checks/all-checks.ts'
import { allFaults } from './faults/all-faults.ts'
import type { Injected } from './injector.ts'
import type { Recovery } from './recovery.ts'
import { explanations, isGreen, type Run, reportLines } from './report.ts'
import { planFaults } from './schedule.ts'

const nothingFound = Object.fromEntries(findingLines.map((line) => [line, []])) as unknown as Findings

function injected(changed: boolean): Injected {
  const [planned] = planFaults({ topology: 'single', seed: 1, seconds: 60 })
  if (planned === undefined) throw new Error(`no plan of ${allFaults.length} faults`)
  return { planned, beganAt: 0, endedAt: 1, effect: { changed, seen: 'pid 1 → 2' } }
}

const recovery = (longestOutageMs: number): Recovery => ({
  kind: 'kill nats node',
  seen: 'nats-2',
  failed: 3,
  failures: ['unavailable at 0.1 s for 2.0 s'],
  longestWaitMs: 2_000,
  longestOutageMs,
  boundMs: 5_000,
})

const greenRun: Run = {
  injected: [injected(true)],
  findings: nothingFound,
  crashed: [],
  acknowledged: 200,
  requests: 1_000,
  unknownOutcomes: 10,
  reads: { reads: 1_000, kept: 600, spare: 7, own: 80 },
  probes: { probes: 900, admitted: 300, refused: 590, refusedEarly: 1 },
  crowds: { crowds: 2, bought: 90, refused: 200, others: 10 },
  queue: { joined: 60, admitted: 55, bought: 50 },
  streams: { watchers: 9, cuts: 120, resets: 12 },
  webhooks: 400,
  longestUnavailabilityMs: 1_234,
  recoveries: [recovery(400)],
  replay: 'npm run chaos -- --seed 1 --seconds 60',
}

test('a fault without effect, a crash, a finding and too few purchases each make a run red', (t) => {
  t.true(isGreen(greenRun))
  const reds: [Partial<Run>, string][] = [
    [{ injected: [injected(true), injected(false)] }, 'vacuous faults: 1'],
    [{ crashed: ['booking-1'] }, 'crashed processes: 1'],
    [{ findings: { ...nothingFound, lost: ['booking 7'] } }, 'lost: 1'],
    [{ acknowledged: 199 }, 'acknowledged purchases: 199'],
    [{ recoveries: [recovery(5_001)] }, '  kill nats node  after 5.0 s TOO LATE  5.0 s  3       2.0 s         nats-2'],
    [{ reads: { ...greenRun.reads, own: 0 } }, ', 0 of own changes)'],
    [{ probes: { ...greenRun.probes, refused: 0 } }, ', 0 refused, '],
    [{ webhooks: 0 }, 'webhooks accepted: 0 '],
  ]
  for (const [change, line] of reds) {
    const run = { ...greenRun, ...change }
    t.false(isGreen(run), line)
    t.true(reportLines(run).join('\n').includes(line), line)
    t.is(explanations(run).length, 1)
  }
})
