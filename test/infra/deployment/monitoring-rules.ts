import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Container, PodTemplateSpec } from 'kubernetes-types/core/v1.d.ts'
import { projectRoot } from '../../../infra/config.ts'
import type { ComposeFile, ComposeService } from './compose-file.ts'
import { type Manifests, nameLabel } from './kubernetes-manifests.ts'
import { type Cluster, type Way, wayFaults } from './network.ts'
import { unless } from './unless.ts'
import { looks } from './watching.ts'

const namespace = 'observability'

interface Counterpart {
  /** Its container in Kubernetes: `app.kubernetes.io/name` of the pod, and which one of it where there are several. */
  readonly pods: string
  readonly container?: string
  /** Its service in compose. */
  readonly service: string
  /** The files that it reads, as in the folder that compose mounts. */
  readonly files?: readonly string[]
}

const counterparts: readonly Counterpart[] = [
  { pods: 'prometheus-local', service: 'prometheus-local-1', files: ['local.yml', 'rules/*.yml'] },
  { pods: 'prometheus-global', service: 'prometheus-global-1', files: ['global.yml', 'rules/global/*.yml'] },
  { pods: 'prometheus-local', container: 'thanos-sidecar', service: 'thanos-sidecar-1' },
  { pods: 'prometheus-global', container: 'thanos-sidecar', service: 'thanos-sidecar-1' },
  { pods: 'thanos-querier', service: 'thanos-querier' },
  { pods: 'grafana', service: 'grafana', files: ['**/*.{yml,json}'] },
  { pods: 'otel-collector', service: 'otel-collector', files: ['collector.yaml'] },
  { pods: 'alertmanager', service: 'alertmanager', files: ['alertmanager.yml'] },
  { pods: 'jaeger', service: 'jaeger', files: ['jaeger.yaml'] },
  { pods: 'tempo', service: 'tempo', files: ['tempo.yaml'] },
]

/** Where monitoring in Kubernetes runs another program, or with other options, than in compose. */
export function counterpartFaults(all: Manifests, { services }: ComposeFile): string[] {
  return counterparts.flatMap(({ pods, container: name = pods.replace(/-(local|global)$/, ''), service, files }) => {
    const [pod] = all.podsWith({ matchLabels: { [nameLabel]: pods } })
    const container = pod?.spec?.containers.find((candidate) => candidate.name === name)
    const inCompose = services[service]
    if (!pod || !container || !inCompose) return [`there is no ${pods} ${name}, or no ${service} in compose`]
    return [
      ...unless(container.image === inCompose.image, `${container.image} is not compose's ${inCompose.image}`),
      ...optionFaults(container, inCompose),
      ...fileFaults(filesSeen(container, pod, all), filesInCompose(inCompose, files ?? [])),
    ].map((fault) => `${pods} ${name}: ${fault}`)
  })
}

/** Options that say where something is, which is not the same in a cluster. */
const places = /^--(endpoint|prometheus\.url|config)=/

function optionFaults({ args = [], env = [] }: Container, { command, environment = {} }: ComposeService): string[] {
  const constant = (options: readonly string[]): string[] => options.filter((option) => !places.test(option))
  const settings = Object.entries(environment).filter(([name]) => name.startsWith('GF_') && !name.includes('PASSWORD'))
  const other = settings.filter(([name, value]) => env.find((variable) => variable.name === name)?.value !== value)
  return [
    ...unless(
      isDeepStrictEqual(constant(args), constant(command ?? [])),
      `is not told compose's ${command?.join(' ')}`,
    ),
    ...other.map(([name, value]) => `${name} is not ${value}`),
  ]
}

function fileFaults(seen: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): string[] {
  return [...new Set([...seen.keys(), ...wanted.keys()])]
    .filter((path) => seen.get(path) !== wanted.get(path))
    .map((path) => `${path} is not the file that compose mounts`)
}

/** What a container finds in its ConfigMaps, by path. */
function filesSeen({ volumeMounts = [] }: Container, { spec }: PodTemplateSpec, all: Manifests): Map<string, string> {
  const files = volumeMounts.flatMap(({ name, mountPath, subPath }) => {
    const volume = spec?.volumes?.find((candidate) => candidate.name === name)
    const data = Object.entries(all.find('ConfigMap', volume?.configMap?.name)?.data ?? {})
    return subPath === undefined
      ? data.map(([key, text]) => [join(mountPath, key), text] as const)
      : data.filter(([key]) => key === subPath).map(([, text]) => [mountPath, text] as const)
  })
  return new Map(files)
}

function filesInCompose({ volumes = [] }: ComposeService, patterns: readonly string[]): Map<string, string> {
  const mounts = volumes.filter(({ type }) => type === 'bind')
  const files = mounts.flatMap(({ source, target }) =>
    globSync([...patterns], { cwd: source }).map(
      (path) => [join(target, path), readFileSync(join(source, path), 'utf8')] as const,
    ),
  )
  return new Map(files)
}

/** Names of replicas in the environment of Prometheus that differ from those in compose. */
export function replicaFaults(all: Manifests, { services }: ComposeFile): string[] {
  return all.ofKind('StatefulSet').flatMap(({ metadata, spec: { replicas = 1, ordinals, template } }) => {
    const { env = [] } = template.spec?.containers.find(({ name }) => name === 'prometheus') ?? {}
    const index = env.findIndex(({ valueFrom }) => valueFrom?.fieldRef?.fieldPath.includes('pod-index'))
    // A variable sees only those that stand before it.
    const named = env.filter(({ value }, position) => position > index && value?.includes(`$(${env[index]?.name})`))
    return Array.from({ length: replicas }, (_, number) => number + (ordinals?.start ?? 0)).flatMap((ordinal) =>
      Object.entries(services[`${metadata.name}-${ordinal}`]?.environment ?? {}).flatMap(([name, wanted]) => {
        const value = named.find((variable) => variable.name === name)?.value
        const told = value?.replace(`$(${env[index]?.name})`, String(ordinal))
        return unless(told === wanted, `${metadata.name}-${ordinal}: ${name} is ${told}, in compose ${wanted}`)
      }),
    )
  })
}

/** Everything that those who watch, and those who are watched, must reach in a cluster, and do not. */
export function blockedWays(cluster: Cluster): string[] {
  return [...watchingWays(), ...sidecarWays(cluster), ...spanWays(cluster)].flatMap((way) => wayFaults(cluster, way))
}

/** As in compose: the same files say where. */
function watchingWays(): Way[] {
  return looks().map(({ from, at }) => ({ from: { namespace, pods: from.replace(/-\d$/, '') }, to: at }))
}

function sidecarWays(cluster: Cluster): Way[] {
  const pods = 'thanos-querier'
  const [querier] = cluster.get(namespace)?.podsWith({ matchLabels: { [nameLabel]: pods } }) ?? []
  const args = querier?.spec?.containers[0]?.args ?? []
  const hosts = args.flatMap((arg) => /^--endpoint=dnssrv\+_grpc\._tcp\.(.+)$/.exec(arg)?.[1] ?? [])
  return hosts.map((host) => ({ from: { namespace, pods }, to: `${host}:10901` }))
}

function spanWays(cluster: Cluster): Way[] {
  const application = cluster.get('ticketing')
  const maps = application?.ofKind('ConfigMap') ?? []
  const endpoint = maps.map(({ data }) => data?.OTEL_EXPORTER_OTLP_ENDPOINT).find((url) => url !== undefined)
  const senders = (application?.ofKind('Deployment') ?? []).map(({ metadata }) => metadata.name)
  const collector = { namespace, pods: 'otel-collector' }
  return [
    ...senders.map((pods) => ({ from: { namespace: 'ticketing', pods }, to: new URL(endpoint ?? '').host })),
    ...storesOfSpans().map((to) => ({ from: collector, to })),
  ]
}

function storesOfSpans(): string[] {
  const text = readFileSync(join(projectRoot, 'infra/deploy/otel-collector/collector.yaml'), 'utf8')
  return Array.from(text.matchAll(/endpoint: ((?:jaeger|tempo):\d+)/g), ([, endpoint = '']) => endpoint)
}
