import type { History } from '../history.ts'
import { counts } from '../instance-names.ts'
import type { LocalDecisions, Probe } from '../prober.ts'
import { probedLimit } from '../settings.ts'
import type { Evidence, FaultTime } from './evidence.ts'

/*
 * A limit holds whatever is broken. With N a minute, in any t seconds at most these are admitted by all gateways together:
 *
 * - N + N · t/60, as long as Redis answers;
 * - as many again where gateways had to decide alone in that time, by buckets of their own that are together as large;
 * - N more for each time that Redis was killed: it may come back without its data, or without what it wrote last, and with a full
 *   bucket;
 * - where they had to decide alone, one gateway's part of N more for each gateway that was killed: its successor does not know
 *   what it had admitted.
 *
 * Each of these counts only when it happened within those t seconds; what was before is over, because no bucket ever holds more
 * than N. An admission is somewhere between the begin and the end of its request: it counts where all of that lies within the
 * time in question.
 */

const { max, windowMs } = probedLimit

export function limitsHold({ history, faults }: Pick<Evidence, 'history' | 'faults'>): string[] {
  const worst = worstInterval(history, faults)
  if (worst === undefined) return []
  const { admitted, allowed, from, to } = worst
  return [
    `${admitted} requests were admitted within ${Math.round(to - from)} ms from ${Math.round(from)} ms on, at most ${allowed} may be`,
  ]
}

export interface ProbeCounts {
  readonly probes: number
  readonly admitted: number
  /** Refused although less than half of the limit can have been used. */
  readonly refusedEarly: number
}

export function countProbes({ probes }: History): ProbeCounts {
  return {
    probes: probes.length,
    admitted: probes.filter(({ outcome }) => outcome === 'admitted').length,
    refusedEarly: probes.filter((probe) => probe.outcome === 'refused' && possiblyUsed(probes, probe) < max / 2).length,
  }
}

function possiblyUsed(probes: readonly Probe[], { beganAt, endedAt }: Probe): number {
  return probes.filter(
    (other) => other.outcome !== 'refused' && other.endedAt > beganAt - windowMs && other.beganAt < endedAt,
  ).length
}

interface Interval {
  readonly from: number
  readonly to: number
  readonly admitted: number
  readonly allowed: number
}

/** The one in which most too many were admitted; undefined: there is none. */
function worstInterval({ probes, localDecisions }: History, faults: readonly FaultTime[]): Interval | undefined {
  const admitted = probes.filter(({ outcome }) => outcome === 'admitted').toSorted((a, b) => a.endedAt - b.endedAt)
  const kills = faults.filter(isGatewayKilled)
  const times: Times = { losses: faults.filter(isDataLost), kills, alone: timesAlone(localDecisions, kills) }
  let worst: Interval | undefined
  for (const { beganAt: from } of admitted) {
    let count = 0
    for (const { beganAt, endedAt: to } of admitted) {
      if (beganAt < from) continue
      count += 1
      // Most are far below what is always allowed.
      if (count <= max + grownIn(to - from)) continue
      const allowed = Math.floor(allowedIn({ from, to }, times))
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
  /** When gateways decided, or may have decided, without Redis. */
  readonly alone: readonly Time[]
}

function allowedIn(time: Time, { losses, kills, alone }: Times): number {
  const within = (times: readonly Time[]): number =>
    times.filter(({ from, to }) => from < time.to && to > time.from).length
  const shared = max + grownIn(time.to - time.from) + max * within(losses)
  if (within(alone) === 0) return shared
  return shared + max + grownIn(time.to - time.from) + partOfGateway * within(kills)
}

const partOfGateway = max / counts.gateway

function grownIn(ms: number): number {
  return (ms * max) / windowMs
}

/** Also when Redis kept its file: the last of it may not have been written. A new master may lack as much. */
function isDataLost({ kind }: FaultTime): boolean {
  return ['kill redis', 'kill redis with its data', 'kill sentinel master'].includes(kind)
}

function isGatewayKilled({ kind, target }: FaultTime): boolean {
  return kind === 'kill process' && target.startsWith('gateway')
}

/** From one answer of a gateway to the next, where it had decided alone meanwhile, or where that cannot be known. */
function timesAlone(decisions: readonly LocalDecisions[], kills: readonly Time[]): Time[] {
  const ofGateways = [...Map.groupBy(decisions, ({ gateway }) => gateway).values()]
  const between = ofGateways.flatMap((all) =>
    all.slice(1).flatMap((later, index) => {
      const earlier = all[index] as LocalDecisions
      const isKnown = earlier.count !== null && later.count !== null
      return isKnown && earlier.count === later.count ? [] : [{ from: earlier.beganAt, to: later.endedAt }]
    }),
  )
  // What a gateway had decided since it was last asked dies with it.
  const unseen = kills.map(({ from, to }) => ({ from: from - askedEveryAtMostMs, to }))
  return [...between, ...unseen]
}

/** A gateway that does not answer within 4 s is known not to have. */
const askedEveryAtMostMs = 6_000
