import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import { freePort } from '../../../infra/system/free-port.ts'
import type { ComposeService } from './compose-file.ts'
import { settingsOf } from './compose-rules.ts'
import type { ContainerImage } from './container-image.ts'
import { probedPaths, scriptOf } from './process-settings.ts'

const run = promisify(execFile)

/** A process of an image that runs as a container of a compose service would. */
export interface RunningContainer {
  /** What compose's health check says at this moment. */
  isHealthy(): Promise<boolean>
  /** The port that it was given in place of that of the setting. */
  portOf(setting: string): number
  output(): string
  /** SIGTERM, the end within compose's time or SIGKILL; the exit code, `null` after SIGKILL. */
  stop(): Promise<number | null>
}

export interface ContainerPlan {
  readonly image: ContainerImage
  readonly service: ComposeService
  readonly hostname: string
  /** Where servers are in a test. */
  readonly addresses: Readonly<Record<string, string>>
}

const graceMs = 25_000

/** Starts what the service says, with its command and its settings but for addresses, and ports that are free here. */
export async function runContainer({ image, service, hostname, addresses }: ContainerPlan): Promise<RunningContainer> {
  const [command = '', ...args] = (service.command ?? []).map((part) => part.replaceAll('$$', '$'))
  const settings = { ...settingsOf(service), ...addresses }
  const ports = await freePorts(service, settings)
  const environment = { ...image.environment, HOSTNAME: hostname, ...settings, ...asText(ports) }
  const options = { cwd: image.directory, env: environment, ...image.user }
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-20_000)))
  }
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const [, probe = '', ...probeArgs] = service.healthcheck?.test ?? []
  const here = probeArgs.map((part) => replacePorts(part, settings, ports))
  return {
    isHealthy: () =>
      run(probe, here, { ...options, timeout: 5_000 }).then(
        () => true,
        () => false,
      ),
    portOf: (setting) => ports[setting] ?? 0,
    output: () => output,
    async stop() {
      child.kill('SIGTERM')
      const hardEnd = setTimeout(() => child.kill('SIGKILL'), graceMs)
      const code = await exited
      clearTimeout(hardEnd)
      return code
    },
  }
}

async function freePorts(service: ComposeService, settings: Record<string, string>): Promise<Record<string, number>> {
  const names = Object.keys(probedPaths(scriptOf(service.command ?? []) ?? '')).filter((name) => name in settings)
  const ports = await Promise.all(names.map(async (name) => [name, await freePort()] as const))
  return Object.fromEntries(ports)
}

function replacePorts(text: string, settings: Record<string, string>, ports: Record<string, number>): string {
  return Object.entries(ports).reduce(
    (replaced, [name, port]) => replaced.replace(`:${settings[name]}/`, `:${port}/`),
    text,
  )
}

function asText(ports: Record<string, number>): Record<string, string> {
  return Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)]))
}
