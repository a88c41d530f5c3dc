import type { Limit } from '../../../gateway/limits/local-bucket.ts'
import type { History } from '../history.ts'
import type { LocalDecisions, Probe } from '../prober.ts'
import { counts, probedLimit } from '../settings.ts'
import type { Evidence, FaultTime } from './evidence.ts'

/*
 * A limit holds whatever is broken. With N a minute, in any t seconds at most these are admitted by all gateways together:
 *
 * - N + N · t/60 by grants of Redis;
 * - N more for each time that Redis was killed: it may come back without its data, or without what it wrote last, and with a full
 *   bucket;
 * - as many as gateways decided alone in that time, of whomever, and at most N + N · t/60, because their own buckets are together as
 *   large, and one gateway's part of N for each that was killed, because its successor does not know what it had admitted.
 *
 * Each of these counts only when it happened within those t seconds, a kill of Redis also for the life of a lease before; what was
 * earlier is over, because no bucket ever holds more than N. An admission is somewhere between the begin and the end of its request:
 * it counts where all of that lies within the time in question.
 */

export function limitsHold(
  { history, faults }: Pick<Evidence, 'history' | 'faults'>,
  limit: Limit = probedLimit,
): string[] {
  const worst = worstInterval(history, { faults, limit })
  if (worst === undefined) return []
  const { admitted, allowed, from, to } = worst
  return [
    `${admitted} requests were admitted within ${Math.round(to - from)} ms from ${Math.round(from)} ms on, at most ${allowed} may be`,
  ]
}

export interface ProbeCounts {
  readonly probes: number
  readonly admitted: number
  readonly refused: number
  /** Refused although less than half of the limit can have been used. */
  readonly refusedEarly: number
}

export const countProbes = ({ probes }: History): ProbeCounts => ({
  probes: probes.length,
  admitted: probes.filter(({ outcome }) => outcome === 'admitted').length,
  refused: probes.filter(({ outcome }) => outcome === 'refused').length,
  refusedEarly: probes.filter((probe) => isRefusedEarly(probe, probes)).length,
})

function isRefusedEarly({ beganAt, endedAt, outcome }: Probe, probes: readonly Probe[]): boolean {
  if (outcome !== 'refused') return false
  const { max, windowMs } = probedLimit
  const perhapsAdmitted = probes.filter(
    (other) => other.outcome !== 'refused' && other.endedAt > beganAt - windowMs && other.beganAt < endedAt,
  )
  return perhapsAdmitted.length < max / 2
}

interface Interval {
  readonly from: number
  readonly to: number
  readonly admitted: number
  readonly allowed: number
}

/** The one in which most too many were admitted; undefined: there is none. */
function worstInterval(
  { probes, localDecisions }: History,
  { faults, limit }: { faults: readonly FaultTime[]; limit: Limit },
): Interval | undefined {
  const admitted = probes.filter(({ outcome }) => outcome === 'admitted').toSorted((a, b) => a.endedAt - b.endedAt)
  const kills = faults.filter(isGatewayKilled)
  const times: Times = { losses: timesOfLoss(faults), kills, alone: timesAlone(localDecisions, kills) }
  let worst: Interval | undefined
  for (const { beganAt: from } of admitted) {
    let count = 0
    for (const { beganAt, endedAt: to } of admitted) {
      if (beganAt < from) continue
      count += 1
      // Most are far below what is always allowed.
      if (count <= grantedIn({ from, to }, limit)) continue
      const allowed = Math.floor(allowedIn({ from, to }, { times, limit }))
      if (count - allowed > (worst === undefined ? 0 : worst.admitted - worst.allowed)) {
        worst = { from, to, admitted: count, allowed }
      }
    }
  }
  return worst
}

interface Time {
  readonly from: number
  readonly to: number
}

interface Times {
  readonly losses: readonly Time[]
  readonly kills: readonly Time[]
  /** When gateways decided without Redis, and how often; `Infinity` where that cannot be known. */
  readonly alone: readonly (Time & { readonly decisions: number })[]
}

function allowedIn(time: Time, { times, limit }: { times: Times; limit: Limit }): number {
  const within = <Some extends Time>(those: readonly Some[]): Some[] =>
    those.filter(({ from, to }) => from < time.to && to > time.from)
  const shared = grantedIn(time, limit) + limit.max * within(times.losses).length
  const own = grantedIn(time, limit) + (limit.max / (counts.gateway ?? 1)) * within(times.kills).length
  const decidedAlone = within(times.alone).reduce((sum, { decisions }) => sum + decisions, 0)
  return shared + Math.min(own, decidedAlone)
}

const grantedIn = ({ from, to }: Time, { max, windowMs }: Limit): number => max + ((to - from) * max) / windowMs

/** Also when Redis kept its file: the last of it may not have been written. A new master may lack as much. */
const losing = ['kill redis', 'kill redis, cut its tail', 'kill redis with its data', 'kill sentinel master']
/** So long gateways may still use what the bucket of before had granted to them, on top of one that is full. */
const leasesLastMs = 2_000

const timesOfLoss = (faults: readonly FaultTime[]): Time[] =>
  faults.filter(({ kind }) => losing.includes(kind)).map(({ from, to }) => ({ from, to: to + leasesLastMs }))
const isGatewayKilled = ({ kind, target }: FaultTime): boolean =>
  kind === 'kill process' && target.startsWith('gateway')

/** From one answer of a gateway to the next. What one decided that was killed in between died with it. */
function timesAlone(told: readonly LocalDecisions[], kills: readonly Time[]): Times['alone'] {
  const ofGateways = [...Map.groupBy(told, ({ gateway }) => gateway).values()]
  return ofGateways.flatMap((all) =>
    all.slice(1).flatMap((later, index) => {
      const earlier = all[index] as LocalDecisions
      const time = { from: earlier.beganAt, to: later.endedAt }
      const isKnown = !kills.some(({ from, to }) => from < time.to && to > time.from)
      const decisions = isKnown ? (later.count ?? Number.NaN) - (earlier.count ?? Number.NaN) : Number.NaN
      return decisions === 0 ? [] : [{ ...time, decisions: decisions > 0 ? decisions : Number.POSITIVE_INFINITY }]
    }),
  )
}
