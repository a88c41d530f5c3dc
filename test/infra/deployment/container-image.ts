import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../../../infra/config.ts'
import { readTestConfig } from '../../support/config.ts'
import { createTestDirectory } from '../../support/servers.ts'
import { buildContext } from './build-context.ts'
import { type Instruction, parseDockerfile } from './dockerfile.ts'

const run = promisify(execFile)

/** The files of an image in a folder of this machine, and how its containers would run. */
export interface ContainerImage {
  /** Where its working folder lies. */
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  /** The user of its containers; `undefined` where we are not root and so are an ordinary user ourselves. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined
}

/**
 * Follows `infra/Dockerfile` without a container engine: the same files of the project, the same commands, in folders of this
 * machine in place of the images that it starts from. So it shows that what is copied suffices to run, and nothing about those images.
 */
export async function followDockerfile(): Promise<ContainerImage> {
  const root = await createTestDirectory('image')
  // The user of the containers must reach it.
  for (const folder of [readTestConfig().directory, root]) await chmod(folder, 0o711)
  const context = await buildContext(projectRoot)
  const stages = parseDockerfile(await readFile(join(projectRoot, 'infra/Dockerfile'), 'utf8'))
  let last: Container | undefined
  for (const [index, { name, instructions }] of stages.entries()) {
    last = new Container(join(root, name || `stage-${index}`), { context, stages: root })
    for (const instruction of instructions) await last.follow(instruction)
  }
  if (last === undefined) throw new Error('infra/Dockerfile has no stages')
  return last
}

/** What a build may copy from: files of the project, and the folders of earlier stages. */
interface Sources {
  readonly context: readonly string[]
  readonly stages: string
}

class Container implements ContainerImage {
  readonly #root: string
  readonly #sources: Sources
  #workingFolder = '/'
  #user: { uid: number; gid: number } | undefined
  #environment: Record<string, string> = {}

  constructor(root: string, sources: Sources) {
    this.#root = root
    this.#sources = sources
  }

  get directory(): string {
    return this.#inside(this.#workingFolder)
  }

  get environment(): Readonly<Record<string, string>> {
    return this.#environment
  }

  get user(): { uid: number; gid: number } | undefined {
    return process.getuid?.() === 0 ? this.#user : undefined
  }

  async follow({ name, rest }: Instruction): Promise<void> {
    switch (name) {
      case 'WORKDIR':
        this.#workingFolder = resolve(this.#workingFolder, rest)
        await mkdir(this.directory, { recursive: true })
        return
      case 'ENV':
        for (const [, variable = '', value = ''] of rest.matchAll(/(\w+)=(\S+)/g)) {
          this.#environment[variable] = this.#moved(value)
        }
        return
      case 'USER': {
        const [uid, gid] = rest.split(':').map(Number)
        if (!uid || !gid) throw new Error(`USER ${rest}: must be two numbers, neither of them root's`)
        this.#user = { uid, gid }
        return
      }
      case 'COPY':
        return this.#copy(rest.split(/\s+/))
      case 'RUN':
        await run('sh', ['-c', rest], {
          cwd: this.directory,
          env: { ...machineEnvironment(), ...this.#environment },
          ...this.user,
          timeout: 120_000,
        })
        return
      case 'EXPOSE':
      case 'CMD':
        return
      default:
        throw new Error(`no test knows how to follow ${name}`)
    }
  }

  async #copy(words: readonly string[]): Promise<void> {
    const [stage] = words.filter((word) => word.startsWith('--from=')).map((word) => word.slice('--from='.length))
    const paths = words.filter((word) => !word.startsWith('--'))
    const destination = paths.at(-1) ?? ''
    for (const source of paths.slice(0, -1)) {
      const to = resolve(this.directory, destination)
      if (stage !== undefined) await linkFolder(join(this.#sources.stages, stage, source), to)
      else await this.#copyFromContext(source, to)
    }
  }

  /** A file goes into the folder, the contents of a folder likewise; only what the context holds is there. */
  async #copyFromContext(source: string, to: string): Promise<void> {
    const files = this.#sources.context.filter((path) => path === source || path.startsWith(`${source}/`))
    if (files.length === 0) throw new Error(`COPY ${source}: .dockerignore leaves it out`)
    for (const path of files) {
      const target = join(to, path === source ? path : path.slice(source.length + 1))
      await mkdir(dirname(target), { recursive: true })
      await cp(join(projectRoot, path), target)
      await chmod(target, 0o644)
    }
  }

  #inside(path: string): string {
    return join(this.#root, path)
  }

  /** What an absolute path below the working folder means here. */
  #moved(value: string): string {
    return value.replaceAll(this.#workingFolder, this.directory)
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
