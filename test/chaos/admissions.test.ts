import test from 'ava'
import { countProbes, limitsHold } from './checks/admissions.ts'
import type { FaultTime } from './checks/evidence.ts'
import { History } from './history.ts'
import { probedLimit } from './settings.ts'

/* The positive control of the limit: what may be admitted is green, and one more is found. */

const { max, windowMs } = probedLimit
const perMs = max / windowMs

/** So many admissions from `fromMs` on, all in one millisecond. */
interface Burst {
  readonly fromMs: number
  readonly admitted: number
}

interface Told {
  readonly bursts: readonly Burst[]
  readonly faults?: readonly FaultTime[]
  /** What the only gateway said that it had decided alone, every second. */
  readonly alone?: readonly (number | null)[]
}

function historyOf({ bursts, alone = [0, 0, 0, 0, 0] }: Told): History {
  const history = new History()
  for (const { fromMs, admitted } of bursts) {
    for (let index = 0; index < admitted; index += 1) {
      history.probes.push({ gateway: 0, beganAt: fromMs, endedAt: fromMs + 1, outcome: 'admitted' })
    }
  }
  history.localDecisions.push(
    ...alone.map((count, second) => ({ gateway: 0, beganAt: second * 1_000, endedAt: second * 1_000 + 5, count })),
  )
  return history
}

const found = (told: Told) => limitsHold({ history: historyOf(told), faults: told.faults ?? [] })

const fault = (
  kind: string,
  { target = kind, from, to }: { target?: string; from: number; to: number },
): FaultTime => ({ kind, target, touches: [], from, to })

test('a whole limit at once and what grows afterwards is green, and one more is found', (t) => {
  const grown = Math.floor(3_000 * perMs)
  const bursts = [{ fromMs: 500, admitted: max }]
  t.deepEqual(found({ bursts }), [])
  t.deepEqual(found({ bursts: [...bursts, { fromMs: 3_500, admitted: grown }] }), [])
  t.is(found({ bursts: [...bursts, { fromMs: 3_500, admitted: grown + 1 }] }).length, 1)
})

test('requests that were long under way count only where they must have been admitted', (t) => {
  const history = historyOf({ bursts: [{ fromMs: 500, admitted: max }] })
  history.probes.push({ gateway: 0, beganAt: 400, endedAt: 2_000, outcome: 'admitted' })
  const evidence = { history, faults: [] }
  t.deepEqual(limitsHold(evidence), [])
  history.probes.push({ gateway: 0, beganAt: 500, endedAt: 502, outcome: 'admitted' })
  t.is(limitsHold(evidence).length, 1)
})

test('gateways that decide alone may admit as many again, at that time only', (t) => {
  const bursts = [{ fromMs: 1_500, admitted: 2 * max }]
  t.deepEqual(found({ bursts, alone: [0, 0, 999, 999] }), [])
  t.deepEqual(found({ bursts, alone: [0, 0, null, 0] }), [], 'a gateway that does not say may have')
  t.is(found({ bursts, alone: [0, 0, 0, 999] }).length, 1)
  t.is(found({ bursts: [{ fromMs: 1_500, admitted: 2 * max + 1 }], alone: [0, 0, 999, 999] }).length, 1)
  t.deepEqual(found({ bursts: [{ fromMs: 1_500, admitted: max + 7 }], alone: [0, 0, 7, 7] }), [])
  t.is(found({ bursts: [{ fromMs: 1_500, admitted: max + 8 }], alone: [0, 0, 7, 7] }).length, 1, 'only those')
})

test('a Redis that was killed may begin with a full bucket, once for each time', (t) => {
  const bursts = [
    { fromMs: 500, admitted: max },
    { fromMs: 1_500, admitted: max },
  ]
  const killed = fault('kill redis with its data', { from: 900, to: 1_200 })
  t.deepEqual(found({ bursts, faults: [killed] }), [])
  t.is(found({ bursts: [...bursts, { fromMs: 2_500, admitted: max }], faults: [killed] }).length, 1)
  const later = [{ fromMs: 3_000, admitted: 2 * max }]
  t.deepEqual(found({ bursts: later, faults: [killed] }), [], 'leases of before may still be used')
  t.is(found({ bursts: later, faults: [{ ...killed, to: 950 }] }).length, 1)
})

test('the successor of a killed gateway does not know what that had admitted alone', (t) => {
  const killed = fault('kill process', { target: 'gateway-1', from: 1_600, to: 1_900 })
  const alone = [0, 3, null, 2]
  const bursts = [
    { fromMs: 1_500, admitted: 2 * max },
    { fromMs: 2_000, admitted: max / 2 },
  ]
  t.deepEqual(found({ bursts, alone, faults: [killed] }), [])
  t.is(found({ bursts, alone }).length, 1)
  t.is(found({ bursts, alone, faults: [{ ...killed, target: 'booking-1' }] }).length, 1)
})

test('refusals although little was used are counted', (t) => {
  const history = historyOf({ bursts: [{ fromMs: 500, admitted: max / 2 - 1 }] })
  history.probes.push({ gateway: 0, beganAt: 700, endedAt: 701, outcome: 'refused' })
  t.is(countProbes(history).refusedEarly, 1)
  history.probes.push({ gateway: 0, beganAt: 600, endedAt: 601, outcome: 'unknown' })
  t.is(countProbes(history).refusedEarly, 0)
})
