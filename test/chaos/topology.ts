import { allFaults } from './faults/all-faults.ts'
import { clusterFaults } from './faults/clusters.ts'
import type { Fault } from './faults/fault.ts'

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
