import { allFaults } from './faults/all-faults.ts'
import { clusterFaults } from './faults/clusters.ts'
import type { Fault } from './faults/fault.ts'
import type { ChaosServers } from './servers/chaos-servers.ts'
import { ClusterServers } from './servers/cluster-servers.ts'
import { SingleServers } from './servers/single-servers.ts'

export const topologyNames = ['single', 'clusters'] as const

export type TopologyName = (typeof topologyNames)[number]

/** What servers a run has, and what can happen to them. */
export interface Topology {
  readonly faults: readonly Fault[]
  /** How far apart faults begin, at least. */
  readonly faultEveryMs: number
  startServers(directory: string): Promise<ChaosServers>
}

export const topologies: Readonly<Record<TopologyName, Topology>> = {
  single: {
    faults: allFaults,
    // 40 faults in a minute: every one that there is, once.
    faultEveryMs: 1_400,
    startServers: SingleServers.start,
  },
  clusters: {
    faults: clusterFaults,
    // One at a time, until all is whole again.
    faultEveryMs: 9_000,
    startServers: ClusterServers.start,
  },
}
