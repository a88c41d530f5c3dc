import type { Container, HTTPGetAction, PodTemplateSpec } from 'kubernetes-types/core/v1.d.ts'
import { newTicketKey } from '../../../infra/system/ticket-key.ts'
import type { Manifests } from './kubernetes-manifests.ts'
import { probedPaths, scriptOf, settingFaults } from './process-settings.ts'
import { unless } from './unless.ts'

/** Stands for whatever the Secrets of README.md will hold. */
const secretValues: Readonly<Record<string, string>> = {
  'nats-url': 'nats://somebody:secret@nats.ticketing-servers:4222',
  'redis-url': 'redis://:secret@redis.ticketing-servers:6379',
  'database-url': 'postgres://somebody:secret@postgres-rw.ticketing-servers:5432/ticketing',
  'password-event': 'p0123456789abcdef',
  'password-booking': 'p0123456789abcdef',
  'password-purchase': 'p0123456789abcdef',
  'password-auditor': 'p0123456789abcdef',
  'organiser-key': 'org_0123456789abcdef0123',
  'door-key': 'door_0123456789abcdef0123',
  'waiting-room-secret': '0123456789abcdef0123456789abcdef',
  'ticket-keys': newTicketKey(),
  'payment-webhook-secret': '0123456789abcdef0123456789abcdef',
  'admin-password': '0123456789abcdef',
}

/** The name of every container that runs a process of ours. */
const ours = 'process'

/** Everything that is wrong with the pods of a Deployment, Job or StatefulSet; `claims` are the volumes of the last. */
export function podFaults(
  { spec }: PodTemplateSpec,
  all: Manifests,
  claims: readonly (string | undefined)[] = [],
): string[] {
  const { securityContext: security, containers = [], volumes = [] } = spec ?? {}
  const mounted = containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name))
  const there = [...claims, ...volumes.map(({ name }) => name)]
  const maps = volumes.flatMap(({ configMap }) => configMap?.name ?? [])
  return [
    ...unless(security?.runAsNonRoot === true && security.runAsUser !== 0, 'may run as root'),
    ...unless(security?.seccompProfile?.type === 'RuntimeDefault', 'may make any system call'),
    ...unless(spec?.automountServiceAccountToken === false, 'is given a token of the cluster'),
    ...unless(all.find('ServiceAccount', spec?.serviceAccountName) !== undefined, 'has no account of its own'),
    ...unless(containers.length > 0, 'runs nothing'),
    ...mounted.filter((name) => !there.includes(name)).map((name) => `there is no volume ${name}`),
    ...maps.filter((name) => !all.find('ConfigMap', name)).map((name) => `there is no ConfigMap ${name}`),
    ...containers.flatMap((container) => [
      ...confinementFaults(container),
      ...(container.name === ours ? processFaults(container, all) : programFaults(container, all)),
    ]),
  ]
}

/** The number of a port that containers give a name to. */
export function portOf({ spec }: PodTemplateSpec, name: string | number | undefined): number | undefined {
  return (spec?.containers ?? []).map((container) => numberOf(container, name)).find((port) => port !== undefined)
}

function confinementFaults({ image = '', resources, securityContext: security }: Container): string[] {
  const bounds = [
    ...['cpu', 'memory'].map((what) => [`request of ${what}`, resources?.requests?.[what]]),
    ...['cpu', 'memory'].map((what) => [`limit of ${what}`, resources?.limits?.[what]]),
  ]
  return [
    ...bounds.filter(([, bound]) => bound === undefined).map(([what]) => `no ${what}`),
    ...unless(/:v?\d+(\.\d+)+$/.test(image), `image ${image} is not pinned`),
    ...unless(security?.allowPrivilegeEscalation === false, 'may gain privileges'),
    ...unless(security?.readOnlyRootFilesystem === true, 'may write into its image'),
    ...unless(security?.capabilities?.drop?.includes('ALL') === true, 'keeps capabilities'),
  ]
}

function processFaults(container: Container, all: Manifests): string[] {
  const script = scriptOf(container.command ?? [])
  if (script === undefined) return ['runs no process of ours']
  const { environment, faults } = environmentOf(container, all)
  return [
    ...faults,
    ...settingFaults(script, environment),
    ...askedIn(container).flatMap((asked) => probeFaults({ script, environment, container, asked })),
  ]
}

/** Of a program of somebody else. What it says to its settings, compose's tests and its own checks tell. */
function programFaults(container: Container, all: Manifests): string[] {
  const unknown = askedIn(container).filter((asked) => numberOf(container, asked?.port) === undefined)
  return [
    ...environmentOf(container, all).faults,
    ...unknown.map((asked) => `a probe asks the unknown port ${asked?.port}`),
  ]
}

/** What the probes of a container ask. */
function askedIn({ startupProbe, readinessProbe, livenessProbe }: Container): (HTTPGetAction | undefined)[] {
  const probes = [startupProbe, readinessProbe, livenessProbe].filter((probe) => probe !== undefined)
  return probes.map(({ httpGet }) => httpGet)
}

function numberOf({ ports = [] }: Container, name: string | number | undefined): number | undefined {
  return ports.find((port) => port.name === name)?.containerPort
}

interface Environment {
  readonly environment: Record<string, string>
  readonly faults: string[]
}

/** What a process will find in its environment, which Kubernetes puts together of literals, ConfigMaps and Secrets. */
function environmentOf({ envFrom = [], env = [] }: Container, all: Manifests): Environment {
  const environment: Record<string, string> = {}
  const faults: string[] = []
  for (const { configMapRef } of envFrom) {
    const map = all.find('ConfigMap', configMapRef?.name)
    if (map === undefined) faults.push(`there is no ConfigMap ${configMapRef?.name}`)
    Object.assign(environment, map?.data)
  }
  for (const { name, value, valueFrom: from } of env) {
    const map = from?.configMapKeyRef
    const found =
      value ??
      (map && all.find('ConfigMap', map.name)?.data?.[map.key]) ??
      (from?.secretKeyRef && secretValues[from.secretKeyRef.key]) ??
      (from?.fieldRef && 'the-name-of-the-pod')
    if (found === undefined) faults.push(`nothing holds ${name}`)
    else environment[name] = found
  }
  return { environment, faults }
}

interface Probed {
  readonly script: string
  readonly environment: Readonly<Record<string, string>>
  readonly container: Container
  readonly asked: HTTPGetAction | undefined
}

function probeFaults({ script, environment, container, asked }: Probed): string[] {
  const port = numberOf(container, asked?.port)
  if (port === undefined) return [`a probe asks the unknown port ${asked?.port}`]
  const [setting] = Object.keys(probedPaths(script)).filter((name) => environment[name] === String(port))
  if (setting === undefined) return [`a probe asks port ${port}, where nobody listens`]
  return unless(probedPaths(script)[setting]?.includes(asked?.path ?? '') === true, `a probe asks ${asked?.path}`)
}
