import type { PodTemplateSpec } from 'kubernetes-types/core/v1.d.ts'
import type { NetworkPolicyPeer } from 'kubernetes-types/networking/v1.d.ts'
import { type ManifestOf, type Manifests, nameLabel } from './kubernetes-manifests.ts'
import { portOf } from './pod-rules.ts'

/** What is in a cluster, by namespace. */
export type Cluster = ReadonlyMap<string, Manifests>

/** A connection that a program makes: from pods of a name to `host:port`. */
export interface Way {
  readonly from: { readonly namespace: string; readonly pods: string }
  readonly to: string
}

interface Place {
  readonly namespace: string
  readonly template: PodTemplateSpec
}

/** Why a connection does not come about: nobody has that name or listens there, or a policy forbids it. */
export function wayFaults(cluster: Cluster, { from, to }: Way): string[] {
  const way = `${from.pods} to ${to}`
  const [host = '', port] = to.split(':')
  const [template] = cluster.get(from.namespace)?.podsWith({ matchLabels: { [nameLabel]: from.pods } }) ?? []
  if (template === undefined) return [`${way}: there are no pods ${from.pods}`]
  const source: Place = { namespace: from.namespace, template }
  const found = behind(cluster, { namespace: from.namespace, host, port: Number(port) })
  if (found === undefined) return [`${way}: nobody listens there`]
  const [out, into] = [
    { mine: source, other: found.place, listening: found },
    { mine: found.place, other: source, listening: found },
  ]
  return [
    ...(isAllowed(cluster, 'Egress', out) ? [] : [`${way}: is not let out`]),
    ...(isAllowed(cluster, 'Ingress', into) ? [] : [`${way}: is not let in`]),
  ]
}

interface Asked {
  readonly namespace: string
  readonly host: string
  readonly port: number
}

interface Listening {
  readonly place: Place
  readonly port: number
}

/** The pods that answer to a name, and their own port; `undefined` when nobody does. */
function behind(cluster: Cluster, { namespace, host, port }: Asked): Listening | undefined {
  const [name, other = namespace] = host.split('.')
  const all = cluster.get(other)
  const service = all?.find('Service', name)?.spec
  if (all === undefined || service === undefined) return undefined
  const { externalName, clusterIP, selector = {}, ports = [] } = service
  if (externalName !== undefined) return behind(cluster, { namespace: other, host: externalName, port })
  const [template] = all.podsWith({ matchLabels: selector })
  const target = ports.find((candidate) => candidate.port === port)?.targetPort
  const number = template && portOf(template, target)
  // The name of a headless Service leads to the pods themselves, so that its port must be theirs.
  if (template === undefined || number === undefined || (clusterIP === 'None' && number !== port)) return undefined
  return { place: { namespace: other, template }, port: number }
}

interface Passing {
  readonly mine: Place
  readonly other: Place
  readonly listening: Listening
}

/** As Kubernetes decides: pods that no policy is about are open, others to what some policy names. */
function isAllowed(cluster: Cluster, direction: 'Egress' | 'Ingress', { mine, other, listening }: Passing): boolean {
  const all = cluster.get(mine.namespace)
  const policies = (all?.ofKind('NetworkPolicy') ?? []).filter(
    ({ spec }) =>
      spec.policyTypes?.includes(direction) && all?.podsWith(spec.podSelector).includes(mine.template) === true,
  )
  const isOther = (peer: NetworkPolicyPeer): boolean => isPeer(cluster, { peer, other, home: mine.namespace })
  const isPort = ({ port }: { port?: string | number }): boolean =>
    port === listening.port || portOf(listening.place.template, port) === listening.port
  const allowed = policies.flatMap((policy) => rulesOf(policy, direction))
  return policies.length === 0 || allowed.some(({ peers, ports }) => peers.some(isOther) && ports.some(isPort))
}

function rulesOf({ spec }: ManifestOf<'NetworkPolicy'>, direction: 'Egress' | 'Ingress') {
  return direction === 'Egress'
    ? (spec.egress ?? []).map(({ to = [], ports = [] }) => ({ peers: to, ports }))
    : (spec.ingress ?? []).map(({ from = [], ports = [] }) => ({ peers: from, ports }))
}

interface Peering {
  readonly peer: NetworkPolicyPeer
  readonly other: Place
  readonly home: string
}

function isPeer(cluster: Cluster, { peer, other, home }: Peering): boolean {
  const { namespaceSelector, podSelector = {} } = peer
  const namespace = namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'] ?? home
  const isThere = peer.ipBlock === undefined && namespace === other.namespace
  return isThere && cluster.get(namespace)?.podsWith(podSelector).includes(other.template) === true
}
