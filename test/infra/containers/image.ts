import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../../../infra/config.ts'
import { findDumpers } from '../../../infra/system/programs/program.ts'
import { readTestConfig } from '../../support/config.ts'
import { createTestDirectory } from '../../support/servers.ts'
import { buildContext } from './build-context.ts'
import { type Instruction, parseDockerfile } from './dockerfile.ts'
import { enterRoot, machinePath } from './root.ts'

const run = promisify(execFile)

/** What an image adds to this machine's programs, in a folder, and how its containers run. */
export interface ContainerImage {
  /** Its files, by their path in the image. */
  readonly root: string
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
}

/**
 * Follows `infra/deploy/Dockerfile` without a container engine: the same files of the project and the same commands, in folders. Those of
 * the last stage run as in a container. So it shows that what is copied suffices, and nothing about the images below.
 */
export async function followDockerfile(): Promise<ContainerImage> {
  const place = await createTestDirectory('image')
  // The user of the containers must reach it.
  for (const folder of [readTestConfig().directory, place]) await chmod(folder, 0o711)
  const context = await buildContext(projectRoot)
  let stage: Stage | undefined
  for (const { image, name, instructions } of parseDockerfile(
    await readFile(join(projectRoot, 'infra/deploy/Dockerfile'), 'utf8'),
  )) {
    stage = new Stage({ root: join(place, name || 'last'), place, context, isLast: !image.startsWith('node:') })
    await mkdir(stage.root, { recursive: true })
    for (const instruction of instructions) await stage.follow(instruction)
  }
  if (stage === undefined) throw new Error('infra/deploy/Dockerfile has no stages')
  return { root: stage.root, directory: stage.directory, environment: stage.environment }
}

interface StageParts {
  readonly root: string
  /** Of the folders of all stages. */
  readonly place: string
  /** Files of the project that may be copied. */
  readonly context: readonly string[]
  /** The one before runs on this machine itself, with its npm. */
  readonly isLast: boolean
}

class Stage implements ContainerImage {
  readonly #parts: StageParts
  directory = '/'
  environment: Record<string, string> = {}
  #user = '0:0'

  constructor(parts: StageParts) {
    this.#parts = parts
  }

  get root(): string {
    return this.#parts.root
  }

  async follow({ name, rest }: Instruction): Promise<void> {
    switch (name) {
      case 'WORKDIR':
        this.directory = resolve(this.directory, rest)
        await mkdir(join(this.root, this.directory), { recursive: true })
        return
      case 'ENV':
        for (const [, variable = '', value = ''] of rest.matchAll(/(\w+)=(\S+)/g)) this.environment[variable] = value
        return
      case 'USER':
        this.#user = rest
        return
      case 'COPY':
        return this.#copy(rest.split(/\s+/))
      case 'RUN':
        return this.#run(rest)
      case 'EXPOSE':
      case 'CMD':
        return
      default:
        throw new Error(`no test knows how to follow ${name}`)
    }
  }

  async #run(command: string): Promise<void> {
    const options = { timeout: 120_000, maxBuffer: 16 * 1024 * 1024 }
    if (/^apt-get .*postgresql-client-17/.test(command)) {
      // This machine's own stands in for it.
      if ((await findDumpers()).length === 0) throw new Error('pg_dump is not installed here')
      return
    }
    if (!this.#parts.isLast) {
      await run('sh', ['-c', command], { cwd: join(this.root, this.directory), env: machineEnvironment(), ...options })
      return
    }
    const place = await createTestDirectory('build')
    const files = await createTestDirectory('build-files')
    await mkdir(join(files, 'etc'))
    const own = ['app', 'backups'].map((name) => ({ name, source: join(this.root, name) }))
    for (const { source } of own) await mkdir(source, { recursive: true })
    const mounts = own.map(({ name, source }) => ({ source, target: `/${name}`, isFile: false, isReadOnly: false }))
    const { PATH: path = '/usr/bin:/bin' } = this.environment
    // A few of those that engines leave to root.
    const capabilities = this.#user === '0:0' ? ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'] : []
    const identity = { user: this.#user, directory: this.directory, path, capabilities }
    const script = enterRoot({ place, files, mounts, tmpfs: [], isReadOnly: false }, identity, [
      '/bin/sh',
      '-c',
      command,
    ])
    const env = { ...this.environment, PATH: machinePath }
    await run('unshare', ['--mount', 'sh', '-c', script], { env, ...options })
  }

  async #copy(words: readonly string[]): Promise<void> {
    const [stage] = words.filter((word) => word.startsWith('--from=')).map((word) => word.slice('--from='.length))
    const paths = words.filter((word) => !word.startsWith('--'))
    const to = join(this.root, resolve(this.directory, paths.at(-1) ?? ''))
    for (const source of paths.slice(0, -1)) {
      if (stage !== undefined) await linkFolder(join(this.#parts.place, stage, source), to)
      else await this.#copyFromContext(source, to)
    }
  }

  /** A file goes into the folder, the contents of a folder likewise; only what the context holds is there. */
  async #copyFromContext(source: string, to: string): Promise<void> {
    const files = this.#parts.context.filter((path) => path === source || path.startsWith(`${source}/`))
    if (files.length === 0) throw new Error(`COPY ${source}: .dockerignore leaves it out`)
    for (const path of files) {
      const target = join(to, path === source ? path : path.slice(source.length + 1))
      await mkdir(dirname(target), { recursive: true })
      await cp(join(projectRoot, path), target)
      await chmod(target, 0o644)
    }
  }
}

/** Nothing changes the files of a stage that is done: links to them are as good as copies. */
async function linkFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  await run('cp', ['--archive', '--link', `${from}/.`, to])
}

/** Without what npm tells the scripts that it runs: another npm would believe to be in the same project. */
function machineEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(package|lifecycle|config_local)_|INIT_CWD)/.test(name),
  )
  return Object.fromEntries(entries)
}
