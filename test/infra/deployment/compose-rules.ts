import { type ComposeFile, type ComposeService, environmentOf, secondsOf } from './compose-file.ts'
import { scriptOf, settingFaults } from './process-settings.ts'
import { unless } from './unless.ts'

/** Images that hold one program and no other, which could ask it how it is. */
const withoutHealthCheck = /^(otel-collector|tempo|\w+-exporter)$/
/** Gives a new volume to the user of its server, and ends. */
const asRoot = ['nats-folder']
/** Started more than once by `--scale`. */
const scaled = ['gateway', 'event-worker', 'booking-worker', 'purchase-worker']
const shortestGraceSeconds = 25

/**
 * Everything that is wrong with the services of a compose file and would not show when they run, each with the service's name. What
 * shows then, `compose-run.test.ts` finds.
 */
export function composeFaults(file: ComposeFile): string[] {
  return Object.entries(file.services).flatMap(([name, service]) =>
    [
      ...confinementFaults(name, service),
      ...lifeFaults(name, service),
      ...imageFaults(name, service),
      ...scalingFaults(name, service),
      ...settingFaultsOf(service),
    ].map((fault) => `${name}: ${fault}`),
  )
}

function confinementFaults(name: string, service: ComposeService): string[] {
  const limits = service.deploy?.resources?.limits ?? {}
  const unlimited = ['cpus', 'memory', 'pids'].filter((limit) => !limits[limit])
  const isRoot = service.user === undefined || /^(0|root)(:|$)/.test(service.user)
  const mounts = (service.volumes ?? []).filter(({ type }) => type === 'bind')
  return [
    ...unlimited.map((limit) => `no limit of ${limit}`),
    ...unless(!isRoot || asRoot.includes(name), 'runs as root'),
    ...unless(service.read_only === true, 'may write into its image'),
    ...unless(service.cap_drop?.includes('ALL') === true, 'keeps capabilities'),
    ...unless(!service.cap_add || asRoot.includes(name), 'is given capabilities'),
    ...unless(service.security_opt?.includes('no-new-privileges:true') === true, 'may gain privileges'),
    ...unless(!service.privileged, 'is privileged'),
    ...mounts.flatMap(({ source, read_only, bind }) => [
      ...unless(read_only === true, `may change ${source}`),
      ...unless(bind?.selinux === 'z', `SELinux keeps ${source} from it`),
    ]),
  ]
}

function lifeFaults(name: string, service: ComposeService): string[] {
  const unready = Object.entries(service.depends_on ?? {}).filter(
    ([, { condition }]) => condition === 'service_started',
  )
  const isWatched = service.healthcheck !== undefined || withoutHealthCheck.test(name)
  return [
    ...unless(service.profiles?.length === 1, 'belongs to no profile, or to several'),
    ...unless(service.restart !== undefined, 'is not started again'),
    ...unless(service.restart === 'no' || isWatched, 'no health check'),
    ...unless(secondsOf(service.stop_grace_period) >= shortestGraceSeconds, 'is killed before it may have finished'),
    ...unready.map(([other]) => `does not wait until ${other} is ready`),
  ]
}

/** Ours is built in one place, and never asked of a registry. */
function imageFaults(name: string, { image = '', build, pull_policy: policy }: ComposeService): string[] {
  const isOurs = image.startsWith('ticketing:')
  return [
    ...unless(/:v?\d+(\.\d+)+[\w.-]*$/.test(image), `image ${image} is not pinned`),
    ...unless((build !== undefined) === (name === 'migrate'), 'is built besides migrate, or migrate is not'),
    ...unless(!isOurs || build !== undefined || policy === 'never', 'would be pulled'),
  ]
}

function scalingFaults(name: string, service: ComposeService): string[] {
  const exposed = (service.ports ?? []).filter(({ host_ip }) => host_ip !== '127.0.0.1')
  const fixed = Object.values(service.networks ?? {}).filter((network) => network?.ipv4_address !== undefined)
  const isNamed = /--instance "?[a-z]+-\$\$HOSTNAME/.test(String(service.command))
  return [
    ...unless(service.container_name === undefined, 'a fixed name allows one container only'),
    ...unless(fixed.length === 0, 'a fixed address allows one container only'),
    ...unless(!(scaled.includes(name) && service.ports), 'a fixed port allows one container only'),
    ...unless(!scaled.includes(name) || isNamed, 'has one name for all replicas'),
    ...exposed.map(({ published }) => `port ${published} is open to everybody`),
  ]
}

function settingFaultsOf(service: ComposeService): string[] {
  const script = scriptOf(service.command ?? [])
  return script === undefined ? [] : settingFaults(script, environmentOf(service))
}
