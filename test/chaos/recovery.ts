import { type Entry, verdictOf } from './history.ts'
import type { Injected } from './injector.ts'

/** What buyers felt of one fault. */
export interface Recovery {
  readonly kind: string
  /** What was seen to happen. */
  readonly seen: string
  /** Selling requests, begun in its time, that the server failed. */
  readonly failed: number
  /** What those were told, when after its begin they asked, and how long they waited: `no_worker at 0.1 s for 0.3 s`. */
  readonly failures: readonly string[]
  /** The longest that anybody waited for such a failure. */
  readonly longestWaitMs: number
  /**
   * Length of the longest outage. An outage begins with a failed request or with a second in which nobody is served, and has ended when
   * three seconds pass without either. The first one counts from the fault. `Infinity`: not over when the fault's time ended.
   */
  readonly longestOutageMs: number
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
/** So long without trouble ends an outage; a later one, as when a dead server comes back, counts by itself. */
const steadyMs = 3_000

/** Of the faults that have a bound, in their order. `from` is when buying began, by the history's clock. */
export function recoveriesOf(injected: readonly Injected[], entries: readonly Entry[], from: number): Recovery[] {
  const selling = entries.filter(({ operation }) => operation === 'hold' || operation === 'purchase')
  return injected.flatMap(({ planned: { fault }, beganAt, endedAt, effect }, index) => {
    if (fault.backToNormalWithinMs === undefined) return []
    const next = from + (injected[index + 1]?.beganAt ?? Number.POSITIVE_INFINITY)
    const time = { from: from + beganAt, to: from + endedAt, next }
    const felt = selling.filter((entry) => isOf(time, entry))
    const failed = felt.filter(isFailure)
    const troubles = [
      ...failed.map(({ beganAt: at }) => ({ from: at, to: at })),
      ...pauses(felt, time),
      ...unfinished(failed, time),
    ]
    return [
      {
        kind: fault.kind,
        seen: effect.seen,
        failed: failed.length,
        failures: failed.map((entry) => describeFailure(entry, time)),
        longestWaitMs: Math.max(0, ...failed.map((entry) => entry.endedAt - entry.beganAt)),
        longestOutageMs: longestOutageMs(troubles, time),
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

function describeFailure({ beganAt, endedAt, outcome }: Entry, { from }: Time): string {
  const told = outcome.kind === 'answer' ? `${outcome.body.code}` : outcome.why
  return `${told} at ${seconds(beganAt - from)} for ${seconds(endedAt - beganAt)}`
}

interface Trouble {
  readonly from: number
  readonly to: number
}

/** Times in which nobody was served. One that does not end in the fault's time has no end. */
function pauses(felt: readonly Entry[], { from, to }: Time): Trouble[] {
  const served = felt
    .filter(({ outcome }) => verdictOf(outcome) !== 'open')
    .map(({ endedAt }) => endedAt)
    .filter((at) => at <= to)
    .toSorted((a, b) => a - b)
  const pause = (begin: number, end: number): Trouble[] =>
    end - begin > longestPauseMs ? [{ from: begin, to: end === to ? Number.POSITIVE_INFINITY : end }] : []
  return [...served, to].flatMap((at, index) => pause(served[index - 1] ?? from, at))
}

/** Who still fails buyers at the end has not recovered. One alone may have met something else. */
function unfinished(failed: readonly Entry[], { to }: Time): Trouble[] {
  const late = failed.filter(({ beganAt }) => beganAt > to - longestPauseMs)
  return late.length > 1 ? [{ from: to - longestPauseMs, to: Number.POSITIVE_INFINITY }] : []
}

function longestOutageMs(troubles: readonly Trouble[], { from }: Time): number {
  let begin = from
  let end = from
  let longest = 0
  for (const trouble of troubles.toSorted((a, b) => a.from - b.from)) {
    if (trouble.from - end > steadyMs) begin = trouble.from
    end = Math.max(end, trouble.to)
    longest = Math.max(longest, end - begin)
  }
  return longest
}

/** `2.5 s`. */
export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
