import type { PodTemplateSpec } from 'kubernetes-types/core/v1.d.ts'
import type { LabelSelector } from 'kubernetes-types/meta/v1.d.ts'
import { type Manifest, type ManifestOf, Manifests, nameLabel } from './kubernetes-manifests.ts'
import { podFaults, portOf } from './pod-rules.ts'
import { unless } from './unless.ts'

/** In which our processes end themselves, at the longest. */
const longestEndSeconds = 20
const shortestGraceSeconds = 30

/** Everything that is wrong with what an overlay makes, each with the kind and the name of the object. */
export function kubernetesFaults(manifests: readonly Manifest[]): string[] {
  const all = new Manifests(manifests)
  return manifests.flatMap((manifest) =>
    faultsOf(manifest, all).map((fault) => `${manifest.kind} ${manifest.metadata.name}: ${fault}`),
  )
}

function faultsOf(manifest: Manifest, all: Manifests): string[] {
  switch (manifest.kind) {
    case 'ConfigMap':
    case 'Namespace':
      return []
    case 'Deployment':
      return [...podFaults(manifest.spec.template, all), ...deploymentFaults(manifest, all)]
    case 'HorizontalPodAutoscaler':
      return autoscalerFaults(manifest, all)
    case 'Gateway':
      return []
    case 'HTTPRoute':
      return routeFaults(manifest, all)
    case 'Job':
      return podFaults(manifest.spec.template, all)
    case 'NetworkPolicy':
      return policyFaults(manifest, all)
    case 'PodDisruptionBudget':
      return unless(all.podsWith(manifest.spec.selector ?? {}).length === 1, 'is about no pods, or about several kinds')
    case 'Secret':
      return ['a secret does not belong into the tree']
    case 'Service':
      return serviceFaults(manifest, all)
    case 'ServiceAccount':
      return unless(manifest.automountServiceAccountToken === false, 'hands out its token')
    case 'StatefulSet':
      return statefulSetFaults(manifest, all)
  }
}

function deploymentFaults({ metadata, spec }: ManifestOf<'Deployment'>, all: Manifests): string[] {
  const { template } = spec
  const [container] = template.spec?.containers ?? []
  const graceSeconds = template.spec?.terminationGracePeriodSeconds ?? 0
  const sleepSeconds = container?.lifecycle?.preStop?.sleep?.seconds ?? 0
  const scalers = all.ofKind('HorizontalPodAutoscaler')
  const isScaled = scalers.some((scaler) => scaler.spec.scaleTargetRef.name === metadata.name)
  return [
    ...ownerFaults(spec, all),
    ...unless(spec.strategy?.rollingUpdate?.maxUnavailable === 0, 'takes pods away before others are ready'),
    ...unless(graceSeconds >= Math.max(shortestGraceSeconds, sleepSeconds + longestEndSeconds), 'is killed too early'),
    ...unless(!isScaled || spec.replicas === undefined, 'resets what its autoscaler decided'),
  ]
}

function statefulSetFaults({ spec }: ManifestOf<'StatefulSet'>, all: Manifests): string[] {
  const governing = all.find('Service', spec.serviceName)
  const claims = (spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata?.name)
  return [
    ...podFaults(spec.template, all, claims),
    ...ownerFaults(spec, all),
    ...unless(governing !== undefined, `there is no Service ${spec.serviceName}`),
    ...unless(spec.replicas === 1 || governing?.spec.clusterIP === 'None', 'hides its pods behind one address'),
    ...unless(claims.length > 0, 'keeps nothing, and need not be a StatefulSet'),
  ]
}

type Owner = ManifestOf<'Deployment' | 'StatefulSet'>['spec']

/** Of whatever keeps pods running. Without a number of replicas an autoscaler decides, and decides for several. */
function ownerFaults({ selector, replicas = Number.POSITIVE_INFINITY, template }: Owner, all: Manifests): string[] {
  const missing = (template.spec?.containers ?? []).flatMap(({ startupProbe, readinessProbe, livenessProbe }) =>
    Object.entries({ startup: startupProbe, readiness: readinessProbe, liveness: livenessProbe })
      .filter(([, probe]) => probe === undefined)
      .map(([name]) => name),
  )
  return [
    ...missing.map((probe) => `no ${probe} probe`),
    ...unless(all.podsWith(selector).includes(template), 'does not select its own pods'),
    ...(replicas > 1 ? severalFaults(template, all) : []),
  ]
}

function severalFaults(template: PodTemplateSpec, all: Manifests): string[] {
  const spreads = template.spec?.topologySpreadConstraints ?? []
  const budgets = all.ofKind('PodDisruptionBudget').map(({ spec }) => all.podsWith(spec.selector ?? {}))
  return [
    ...unless(spreads.length > 0, 'may run on one node alone'),
    ...spreads.flatMap(({ labelSelector = {} }) =>
      unless(all.podsWith(labelSelector).includes(template), 'is spread by the pods of another'),
    ),
    ...unless(
      budgets.some((pods) => pods.includes(template)),
      'may be evicted all at once',
    ),
  ]
}

function autoscalerFaults({ spec }: ManifestOf<'HorizontalPodAutoscaler'>, all: Manifests): string[] {
  const { name } = spec.scaleTargetRef
  const least = spec.minReplicas ?? 1
  return [
    ...unless(all.find('Deployment', name) !== undefined, `there is no Deployment ${name}`),
    ...unless(least >= 2, 'leaves one pod alone'),
    ...unless(spec.maxReplicas > least, 'never scales'),
  ]
}

/** Where a name for another namespace leads is judged by `network.ts`, which sees both. */
function serviceFaults({ spec }: ManifestOf<'Service'>, all: Manifests): string[] {
  if (spec.type === 'ExternalName') return []
  const pods = all.podsWith({ matchLabels: spec.selector ?? {} })
  return [
    ...unless(pods.length > 0, 'leads to no pods'),
    ...(spec.ports ?? [])
      .filter(({ targetPort }) => !pods.some((pod) => portOf(pod, targetPort)))
      .map(({ targetPort }) => `no pod has a port ${targetPort}`),
  ]
}

function routeFaults({ spec }: ManifestOf<'HTTPRoute'>, all: Manifests): string[] {
  const listeners = spec.parentRefs.flatMap(({ name }) => all.find('Gateway', name)?.spec.listeners ?? [])
  const names = listeners.map(({ hostname }) => hostname)
  return [
    ...spec.hostnames.filter((name) => !names.includes(name)).map((name) => `no Gateway listens for ${name}`),
    ...spec.rules.flatMap(({ filters, backendRefs }) => [
      ...unless(
        filters.some(({ requestHeaderModifier: { remove } }) => remove.includes('traceparent')),
        'lets strangers decide what is traced',
      ),
      ...backendRefs
        .filter(({ name, port }) => !all.find('Service', name)?.spec.ports?.some((each) => each.port === port))
        .map(({ name, port }) => `there is no port ${port} of a Service ${name}`),
    ]),
  ]
}

function policyFaults({ spec }: ManifestOf<'NetworkPolicy'>, all: Manifests): string[] {
  const { podSelector, ingress = [], egress = [] } = spec
  const pods = all.podsWith(podSelector)
  const peers = [...ingress.flatMap(({ from = [] }) => from), ...egress.flatMap(({ to = [] }) => to)]
  const neighbours = peers.filter(({ namespaceSelector }) => namespaceSelector === undefined)
  const missing = [podSelector, ...neighbours.map(({ podSelector: peer = {} }) => peer)]
    .flatMap(namesIn)
    .filter((name) => !all.podsWith({ matchLabels: { [nameLabel]: name } }).length)
  const isOpen = [
    ...ingress.map(({ from = [], ports = [] }) => from.length === 0 || ports.length === 0),
    ...egress.map(({ to = [], ports = [] }) => to.length === 0 || ports.length === 0),
  ]
  const unknownPorts = ingress
    .flatMap(({ ports = [] }) => ports)
    .filter(({ port }) => !pods.some((pod) => portOf(pod, port)))
  return [
    ...missing.map((name) => `there are no pods ${name}`),
    ...unknownPorts.map(({ port }) => `no pod has a port ${port}`),
    ...unless(!isOpen.includes(true), 'is open for everybody, or on every port'),
  ]
}

/** The names of pods that a selector says. */
function namesIn({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string[] {
  const names = matchExpressions.filter(({ key }) => key === nameLabel).flatMap(({ values = [] }) => values)
  return nameLabel in matchLabels ? [...names, matchLabels[nameLabel] ?? ''] : names
}
