import { type Entry, verdictOf } from './history.ts'
import type { Injected } from './injector.ts'

/** What buyers felt of one fault. */
export interface Recovery {
  readonly kind: string
  /** What was seen to happen. */
  readonly seen: string
  /** Selling requests, begun in its time, that the server failed. */
  readonly failed: number
  /** What those were told, by how many. */
  readonly failures: Readonly<Record<string, number>>
  /** The longest that anybody waited for such a failure. */
  readonly longestWaitMs: number
  /**
   * From its begin: no later request in the rest of its time failed, and no second passed without
   * somebody being served. `Infinity` when that never came to be.
   */
  readonly backAfterMs: number
  readonly boundMs: number
}

interface Time {
  readonly from: number
  readonly to: number
  /** When the next fault begins. */
  readonly next: number
}

/** So long without anybody being served is not normal, when two dozen buyers ask all the time. */
const longestPauseMs = 1_000

/** Of the faults that have a bound, in their order. `from` is when buying began, by the history's clock. */
export function recoveriesOf(injected: readonly Injected[], entries: readonly Entry[], from: number): Recovery[] {
  const selling = entries.filter(({ operation }) => operation === 'hold' || operation === 'purchase')
  return injected.flatMap(({ planned: { fault }, beganAt, endedAt, effect }, index) => {
    if (fault.backToNormalWithinMs === undefined) return []
    const next = from + (injected[index + 1]?.beganAt ?? Number.POSITIVE_INFINITY)
    const time = { from: from + beganAt, to: from + endedAt, next }
    const felt = selling.filter((entry) => isOf(time, entry))
    const failed = felt.filter(isFailure)
    const backAt = Math.max(...failed.map((entry) => entry.beganAt), endOfLastPause(felt, time))
    return [
      {
        kind: fault.kind,
        seen: effect.seen,
        failed: failed.length,
        failures: countBy(
          failed.map(({ outcome }) => (outcome.kind === 'answer' ? `${outcome.body.code}` : outcome.why)),
        ),
        longestWaitMs: Math.max(0, ...failed.map((entry) => entry.endedAt - entry.beganAt)),
        backAfterMs: backAt - time.from,
        boundMs: fault.backToNormalWithinMs,
      },
    ]
  })
}

function isOf({ from, to, next }: Time, { beganAt, endedAt }: Entry): boolean {
  // Requests that still wait then may fail by the next fault. Holds do not: they have an answer before that begins.
  return beganAt >= from && beganAt <= to && endedAt < next
}

/** Of the server: who leaves before the answer has none either. */
const isFailure = ({ outcome, cutByBuyer }: Entry): boolean =>
  outcome.kind === 'unknown' ? cutByBuyer !== true : outcome.status >= 500

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** When somebody was served again after the last pause; the begin when there was none. */
function endOfLastPause(felt: readonly Entry[], { from, to }: Time): number {
  const served = felt
    .filter(({ outcome }) => verdictOf(outcome) !== 'open')
    .map(({ endedAt }) => endedAt)
    .filter((at) => at <= to)
    .toSorted((a, b) => a - b)
  let backAt = from
  let before = from
  for (const at of served) {
    if (at - before > longestPauseMs) backAt = at
    before = at
  }
  return to - before > longestPauseMs ? Number.POSITIVE_INFINITY : backAt
}
