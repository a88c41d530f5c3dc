import { existsSync } from 'node:fs'
import { projectRoot } from '../../../infra/config.ts'
import type { ComposeFile, ComposeService } from './compose-file.ts'
import { probedPaths, scriptOf, settingFaults } from './process-settings.ts'
import { unless } from './unless.ts'

/** Images that hold one program and no other, which could ask it how it is. */
const withoutHealthCheck = ['otel-collector', 'tempo']
/** Gives a new volume to the user of its server, and ends. */
const asRoot = ['nats-folder']
/** Started more than once by `--scale`. */
const scaled = ['gateway', 'event-worker', 'booking-worker', 'purchase-worker']
/** Where servers listen that are not told by a setting of ours. */
const serverPorts: Readonly<Record<string, number>> = {
  nats: 4222,
  redis: 6379,
  postgres: 5432,
  'otel-collector': 4317,
}
const shortestGraceSeconds = 25

/** Everything that is wrong with the services of a compose file, each with the service's name. */
export function composeFaults(file: ComposeFile): string[] {
  return Object.entries(file.services).flatMap(([name, service]) =>
    [
      ...confinementFaults(name, service),
      ...lifeFaults(name, service),
      ...scalingFaults(name, service),
      ...fileFaults(service),
      ...processFaults(file, name, service),
    ].map((fault) => `${name}: ${fault}`),
  )
}

function confinementFaults(name: string, service: ComposeService): string[] {
  const limits = service.deploy?.resources?.limits ?? {}
  const unlimited = ['cpus', 'memory', 'pids'].filter((limit) => !limits[limit])
  const isRoot = service.user === undefined || /^(0|root)(:|$)/.test(service.user)
  return [
    ...unlimited.map((limit) => `no limit of ${limit}`),
    ...unless(/:v?\d+(\.\d+)+[\w.-]*$/.test(service.image ?? ''), `image ${service.image} is not pinned`),
    ...unless(!isRoot || asRoot.includes(name), 'runs as root'),
    ...unless(service.read_only === true, 'may write into its image'),
    ...unless(service.cap_drop?.includes('ALL') === true, 'keeps capabilities'),
    ...unless(!service.cap_add || asRoot.includes(name), 'is given capabilities'),
    ...unless(service.security_opt?.includes('no-new-privileges:true') === true, 'may gain privileges'),
    ...unless(!service.privileged, 'is privileged'),
  ]
}

function lifeFaults(name: string, service: ComposeService): string[] {
  const isOnce = service.restart === 'no'
  const unready = Object.entries(service.depends_on ?? {}).filter(
    ([, { condition }]) => condition === 'service_started',
  )
  return [
    ...unless(service.profiles?.length === 1, 'belongs to no profile, or to several'),
    ...unless(service.restart !== undefined, 'is not started again'),
    ...unless(isOnce || service.healthcheck !== undefined || withoutHealthCheck.includes(name), 'no health check'),
    ...unless(seconds(service.stop_grace_period) >= shortestGraceSeconds, 'is killed before it may have finished'),
    ...unready.map(([other]) => `does not wait until ${other} is ready`),
  ]
}

function scalingFaults(name: string, service: ComposeService): string[] {
  const exposed = (service.ports ?? []).filter(({ host_ip }) => host_ip !== '127.0.0.1')
  return [
    ...unless(service.container_name === undefined, 'a fixed name allows one container only'),
    ...unless(!(scaled.includes(name) && service.ports), 'a fixed port allows one container only'),
    ...exposed.map(({ published }) => `port ${published} is open to everybody`),
  ]
}

function fileFaults(service: ComposeService): string[] {
  const mounts = (service.volumes ?? []).filter(({ type }) => type === 'bind')
  return mounts.flatMap(({ source, read_only }) => [
    ...unless(existsSync(source), `${source} does not exist`),
    ...unless(read_only === true, `may change ${source}`),
  ])
}

/** Of our own processes: what they are told, and whether it leads anywhere. */
function processFaults(file: ComposeFile, name: string, service: ComposeService): string[] {
  const script = scriptOf(service.command ?? [])
  if (script === undefined) return []
  const environment = settingsOf(service)
  return [
    ...unless(service.build?.context === projectRoot, 'is not built from the project'),
    ...settingFaults(script, environment),
    ...Object.values(environment).flatMap((value) => addressFaults(file, service, value)),
    ...probeFaults(script, environment, service),
    ...unless(
      !scaled.includes(name) || /--instance "?[a-z]+-\$\$HOSTNAME/.test(String(service.command)),
      'has one name for all replicas',
    ),
  ]
}

/** Every address must be that of a service, on a network that both are in. */
function addressFaults(file: ComposeFile, service: ComposeService, value: string): string[] {
  if (!/^[a-z]+:\/\//.test(value) || value.startsWith('https:')) return []
  const { hostname, port } = new URL(value)
  const other = file.services[hostname]
  if (other === undefined) return [`there is no ${hostname}`]
  const listening = [serverPorts[hostname], ...ownPorts(other)]
  const shared = Object.keys(other.networks ?? {}).filter((network) => network in (service.networks ?? {}))
  return [
    ...unless(listening.includes(Number(port)), `${hostname} does not listen on ${port}`),
    ...unless(shared.length > 0, `no way to ${hostname}`),
  ]
}

function probeFaults(script: string, environment: Record<string, string>, service: ComposeService): string[] {
  const url = service.healthcheck?.test.find((part) => part.startsWith('http://'))
  if (url === undefined) return []
  const { port, pathname } = new URL(url)
  const [setting] = Object.keys(probedPaths(script)).filter((candidate) => environment[candidate] === port)
  if (setting === undefined) return [`the health check asks port ${port}`]
  return unless(probedPaths(script)[setting]?.includes(pathname) === true, `the health check asks ${pathname}`)
}

/** What a container finds in its environment; a setting that is handed on only when it is given may be absent. */
export function settingsOf({ environment = {} }: ComposeService): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== null))
}

function ownPorts({ environment = {} }: ComposeService): number[] {
  return ['PORT', 'PAYMENT_SANDBOX_PORT'].map((name) => Number(environment[name]))
}

function seconds(duration = '0s'): number {
  const [, minutes = 0, rest = 0] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration) ?? []
  return Number(minutes) * 60 + Number(rest)
}
