import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { chown, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type ComposeFile, type ComposeService, environmentOf, secondsOf } from '../deployment/compose-file.ts'
import type { ContainerImage } from './image.ts'
import { Network, nameServer } from './network.ts'
import { type PublicImage, publicImage } from './public-images.ts'
import { asIdentity, enterRoot, type Identity, type Mount, machinePath } from './root.ts'

const run = promisify(execFile)

/** Why a service did not come up, with the end of what it said. */
export class ServiceFault extends Error {}

export interface EnginePlan {
  readonly file: ComposeFile
  /** Ours; every other image is one of `public-images.ts`, or not run. */
  readonly image: ContainerImage
  /** Holds the volumes, which outlive an engine, and the logs. */
  readonly directory: string
  /** Where this machine keeps PostgreSQL's programs. */
  readonly postgresDirectory: string
  /** How long a service has to become healthy. */
  readonly patienceMs: number
}

interface Container {
  readonly child: ChildProcess
  readonly exited: Promise<number | null>
  readonly identity: Identity
  readonly environment: Record<string, string>
}

/**
 * Runs services of a compose file as an engine would, with Linux' namespaces: its command, user, environment, volumes, networks and
 * names. Only inside new namespaces (`run.ts`), which end with it in any case.
 */
export class Engine {
  readonly #plan: EnginePlan
  readonly #network: Network
  readonly #states = new Map<string, Promise<string>>()
  readonly #containers = new Map<string, Container>()
  readonly #ports: Server[] = []

  constructor(plan: EnginePlan) {
    this.#plan = plan
    this.#network = new Network(
      plan.file,
      Object.keys(plan.file.services).filter((name) => this.isRun(name)),
    )
  }

  /** Whether this machine has the program of a service. */
  isRun(name: string): boolean {
    const { image = '' } = this.#service(name)
    return image === ourImage || publicImage(image) !== undefined
  }

  async setUp(): Promise<void> {
    await run('sh', ['-c', this.#network.commands().join('\n')])
  }

  /** Starts a service after those that it depends on. Answers its state when that is reached; throws `ServiceFault`. */
  up(name: string, command?: readonly string[]): Promise<string> {
    const state = this.#states.get(name) ?? this.#start(name, command)
    this.#states.set(name, state)
    return state
  }

  output(name: string): string {
    return readFileSync(this.#logOf(name), 'utf8')
  }

  /** Ends a service after those that depend on it, by its signal and within its time. Answers its exit code, null when killed. */
  async stop(name: string): Promise<number | null> {
    const container = this.#containers.get(name)
    if (container === undefined) return 0
    const { stop_signal: signal = 'SIGTERM', stop_grace_period: grace = '10s' } = this.#service(name)
    container.child.kill(signal as NodeJS.Signals)
    const hardEnd = setTimeout(() => container.child.kill('SIGKILL'), secondsOf(grace) * 1_000)
    const code = await container.exited
    clearTimeout(hardEnd)
    this.#containers.delete(name)
    return code
  }

  /** Stops all, dependents first. Exit codes by name. */
  async down(): Promise<Record<string, number | null>> {
    const stopping = new Map<string, Promise<number | null>>()
    const stopAfter = (name: string): Promise<number | null> => {
      const dependents = [...this.#containers.keys()].filter((other) => name in (this.#service(other).depends_on ?? {}))
      const stopped = stopping.get(name) ?? Promise.all(dependents.map(stopAfter)).then(() => this.stop(name))
      stopping.set(name, stopped)
      return stopped
    }
    const names = [...this.#containers.keys()]
    const codes = await Promise.all(names.map(stopAfter))
    for (const port of this.#ports) port.close()
    return Object.fromEntries(names.map((name, index) => [name, codes[index] ?? null]))
  }

  async #start(name: string, command: readonly string[] | undefined): Promise<string> {
    const service = this.#service(name)
    if (!this.isRun(name)) return 'not run'
    const waits = Object.entries(service.depends_on ?? {}).map(async ([other, { condition }]) => {
      const state = await this.up(other)
      const expected = condition === 'service_completed_successfully' ? 'completed' : 'healthy'
      if (state !== expected && state !== 'not run')
        throw new ServiceFault(`${name} waits for ${other}, which is ${state}`)
    })
    await Promise.all(waits)
    const container = await this.#run(name, service, command)
    return this.#settle(name, service, container)
  }

  /** Until it is healthy, or has ended where it runs once. */
  async #settle(name: string, { restart, healthcheck }: ComposeService, { exited }: Container): Promise<string> {
    const deadline = sleep(this.#plan.patienceMs, 'late' as const, { ref: false })
    if (restart === 'no') {
      const code = await Promise.race([exited, deadline])
      if (code !== 0) throw this.#fault(name, code === 'late' ? 'did not end' : `ended with ${code}`)
      this.#containers.delete(name)
      return 'completed'
    }
    let isLate = false
    void deadline.then(() => (isLate = true))
    while (!isLate) {
      const ended = await Promise.race([exited, sleep(healthcheck ? 1_000 : 3_000, 'runs' as const)])
      if (ended !== 'runs') throw this.#fault(name, `ended with ${ended}`)
      if (healthcheck === undefined) return 'running'
      if (await this.#isHealthy(name, healthcheck)) return 'healthy'
    }
    throw this.#fault(name, 'did not become healthy')
  }

  async #isHealthy(
    name: string,
    { test, timeout = '30s' }: NonNullable<ComposeService['healthcheck']>,
  ): Promise<boolean> {
    const container = this.#containers.get(name)
    if (container === undefined) return false
    const [form, ...words] = test.map(unescaped)
    const { child, identity, environment } = container
    const inside = ['--target', String(child.pid), '--mount', '--net', '--root']
    const command = asIdentity(identity, form === 'CMD-SHELL' ? ['/bin/sh', '-c', words[0] ?? ''] : words)
    return run('nsenter', [...inside, ...command], { env: environment, timeout: secondsOf(timeout) * 1_000 }).then(
      () => true,
      () => false,
    )
  }

  async #run(name: string, service: ComposeService, command: readonly string[] | undefined): Promise<Container> {
    const image = service.image === ourImage ? ours(this.#plan.image) : publicImage(service.image ?? '')
    if (image === undefined) throw new Error(`${service.image} is not run`)
    const place = join(this.#plan.directory, 'roots', name)
    const files = join(this.#plan.directory, 'files', name)
    await mkdir(place, { recursive: true })
    await this.#writeFiles(files, name, image)
    const entrypoint = service.entrypoint ?? image.entrypoint
    const words = [...entrypoint, ...(command ?? service.command ?? []), ...(image.arguments ?? [])].map(unescaped)
    const identity = {
      user: service.user ?? '0:0',
      directory: service.working_dir ?? image.directory,
      path: image.environment?.PATH ?? `/opt/image:${this.#plan.postgresDirectory}:${machinePath}`,
      capabilities: service.cap_add ?? [],
    }
    const root = {
      ...{ place, files, mounts: await this.#mountsOf(service, image), tmpfs: service.tmpfs ?? [] },
      isReadOnly: service.read_only === true,
    }
    const own = { HOSTNAME: `${name}-4f1c9a`, ...image.environment, ...settingsOf(service) }
    const environment = { ...own, PATH: machinePath }
    const namespace = this.#network.namespaceOf(name)
    // It answers once the command has ended: then it goes on by itself, and ends with the namespaces.
    if (namespace === name) await run('ip', nameServer(name, this.#plan.directory))
    const log = openSync(this.#logOf(name), 'a', 0o666)
    await chown(this.#logOf(name), Number(identity.user.split(':')[0]), 0)
    const inside = ['netns', 'exec', namespace, 'sh', '-c', enterRoot(root, identity, words)]
    const child = spawn('ip', inside, { env: environment, stdio: ['ignore', log, log] })
    closeSync(log)
    const exited = once(child, 'exit').then(([code]) => code as number | null)
    const container = { child, exited, identity, environment }
    this.#containers.set(name, container)
    this.#publish(name, service)
    return container
  }

  async #writeFiles(
    folder: string,
    name: string,
    { accounts = {}, folders = {}, files = {} }: PublicImage,
  ): Promise<void> {
    const lines = Object.entries({ root: 0, ...accounts, nobody: 65534 })
    const all = {
      ...files,
      '/etc/passwd': lines.map(([user, id]) => `${user}:x:${id}:${id}::/:/bin/sh\n`).join(''),
      '/etc/group': lines.map(([user, id]) => `${user}:x:${id}:\n`).join(''),
      '/etc/hosts': '127.0.0.1 localhost\n',
      '/etc/nsswitch.conf': 'passwd: files\nhosts: files dns\n',
      '/etc/resolv.conf': 'nameserver 127.0.0.11\n',
    }
    for (const [path, text] of Object.entries(all)) {
      await mkdir(join(folder, dirname(path)), { recursive: true })
      await writeFile(join(folder, path), text, { mode: 0o755 })
    }
    for (const [path, owner] of Object.entries(folders)) {
      await mkdir(join(folder, path), { recursive: true })
      await chown(join(folder, path), owner, owner)
    }
    await mkdir(join(folder, 'opt/image'), { recursive: true })
    // As in images on Alpine or BusyBox.
    for (const tool of ['wget', 'awk'])
      await symlink('/usr/bin/busybox', join(folder, 'opt/image', tool)).catch(() => undefined)
    await writeFile(join(this.#plan.directory, `${name}.hosts`), this.#network.hostsOf(name))
  }

  async #mountsOf({ image, volumes = [] }: ComposeService, { folders = {} }: PublicImage): Promise<Mount[]> {
    const mounts: Mount[] = []
    const isOurs = image === ourImage
    const { root } = this.#plan.image
    for (const name of isOurs ? await readdir(root) : []) {
      mounts.push({ source: join(root, name), target: `/${name}`, isFile: false, isReadOnly: true })
    }
    for (const { type, source, target, read_only: isReadOnly = false } of volumes) {
      if (type === 'bind') {
        mounts.push({ source, target, isFile: (await stat(source)).isFile(), isReadOnly })
        continue
      }
      const folder = join(this.#plan.directory, 'volumes', source)
      // A new volume takes its owner from the folder of the image.
      if (await mkdir(folder, { recursive: true })) {
        const owner = isOurs ? (await stat(join(root, target))).uid : (folders[target] ?? 0)
        await chown(folder, owner, owner)
      }
      mounts.push({ source: folder, target, isFile: false, isReadOnly })
    }
    return mounts
  }

  /** Ports of the machine that lead to a service. */
  #publish(name: string, { ports = [] }: ComposeService): void {
    const host = this.#network.publicAddressOf(name)
    if (host === undefined) return
    for (const { published, target } of ports) {
      const server = createServer((client) => {
        const inside = connect({ host, port: target })
        client.on('error', () => inside.destroy()).pipe(inside)
        inside.on('error', () => client.destroy()).pipe(client)
      })
      this.#ports.push(server.listen(Number(published), '127.0.0.1'))
    }
  }

  #service(name: string): ComposeService {
    const service = this.#plan.file.services[name]
    if (service === undefined) throw new Error(`compose has no ${name}`)
    return service
  }

  #logOf(name: string): string {
    return join(this.#plan.directory, `${name}.log`)
  }

  #fault(name: string, what: string): ServiceFault {
    return new ServiceFault(`${name} ${what}: ${this.output(name).slice(-2_000)}`)
  }
}

const ourImage = 'ticketing:0.1.0'

function ours({ environment, directory }: ContainerImage): PublicImage {
  return { entrypoint: [], directory, environment }
}

/** Compose writes a dollar twice. */
function unescaped(text: string): string {
  return text.replaceAll('$$', '$')
}

function settingsOf(service: ComposeService): Record<string, string> {
  return Object.fromEntries(Object.entries(environmentOf(service)).map(([name, value]) => [name, unescaped(value)]))
}
