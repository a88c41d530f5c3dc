import { allFaults } from './faults/all-faults.ts'
import { clusterFaults } from './faults/clusters.ts'
import type { Fault } from './faults/fault.ts'
import { Random } from './random.ts'

export const topologyNames = ['single', 'clusters'] as const

export type TopologyName = (typeof topologyNames)[number]

/** What can happen to the servers of a run. */
export interface Topology {
  readonly faults: readonly Fault[]
  /** How far apart faults begin, at least. */
  readonly faultEveryMs: number
}

export const topologies: Readonly<Record<TopologyName, Topology>> = {
  // 42 faults in a minute: every one that there is, once.
  single: { faults: allFaults, faultEveryMs: 1_350 },
  // One at a time, until all is whole again.
  clusters: { faults: clusterFaults, faultEveryMs: 9_000 },
}

export interface PlannedFault {
  readonly number: number
  /** Since buying began. It begins later when something it touches is still broken. */
  readonly atMs: number
  readonly lastsMs: number
  readonly target: string
  readonly amount: number
  readonly fault: Fault
}

/** Buyers first get this long without a fault, and the last fault begins this long before the end. */
const quietMs = { begin: 1_500, end: 1_500 }

export interface ScheduleOptions {
  readonly topology: TopologyName
  readonly seed: number
  readonly seconds: number
}

/** What happens when, fully determined by the seed: every fault once in a random order, then in another one. */
export function planFaults({ topology, seed, seconds }: ScheduleOptions): PlannedFault[] {
  const { faults, faultEveryMs } = topologies[topology]
  const random = new Random(`faults ${seed}`)
  const count = Math.floor((seconds * 1_000 - quietMs.begin - quietMs.end) / faultEveryMs)
  return chooseFaults(faults, random, count).map((fault, index) => ({
    number: index + 1,
    atMs: quietMs.begin + index * faultEveryMs + random.between(0, faultEveryMs / 2),
    lastsMs: random.between(...fault.lastsMs),
    target: random.pick(fault.targets),
    amount: random.between(1, 6),
    fault,
  }))
}

/** `  7   12.4 s  lose replies        purchase → sandbox` */
export const describePlan = (plan: readonly PlannedFault[]): string =>
  plan
    .map(({ number, atMs, lastsMs, target, fault }) => {
      const lasts = lastsMs > 0 ? `for ${seconds(lastsMs)}` : ''
      return `${String(number).padStart(3)}  ${seconds(atMs).padStart(7)}  ${fault.kind.padEnd(25)}${target.padEnd(20)}${lasts}`
    })
    .map((line) => line.trimEnd())
    .join('\n')

/** Whether two faults may not be there at once: the second would hide the first, or find nothing to break. */
export const conflict = (one: Fault, other: Fault): boolean =>
  Boolean(one.alone || other.alone) || touchTheSame(one, other)
const touchTheSame = (one: Fault, other: Fault): boolean => one.touches.some((part) => other.touches.includes(part))

/** Rounds over all faults; neighbours do not touch the same where that can be had. */
function chooseFaults(faults: readonly Fault[], random: Random, count: number): Fault[] {
  const chosen: Fault[] = []
  let left: Fault[] = []
  while (chosen.length < count) {
    if (left.length === 0) left = random.shuffled(faults)
    const before = chosen.at(-1)
    const next = left.find((fault) => before === undefined || !touchTheSame(before, fault)) ?? left[0]
    if (next === undefined) break
    left.splice(left.indexOf(next), 1)
    chosen.push(next)
  }
  return chosen
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
