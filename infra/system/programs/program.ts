import { execFile } from 'node:child_process'
import { access, constants, readdir, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { readInfraConfig } from '../../config.ts'
import { ExplainedError } from '../../explained-error.ts'

const run = promisify(execFile)

export type ProgramName =
  | 'nats-server'
  | 'redis-server'
  | 'postgres'
  | 'pg_dump'
  | 'prometheus'
  | 'promtool'
  | 'docker-compose'
  | 'kubectl'
  | 'nginx'
  | 'openssl'
  | 'chromium'
  | 'barman'
  | 'prometheus-alertmanager'
  | 'prometheus-nginx-exporter'
  | 'prometheus-postgres-exporter'
  | 'prometheus-redis-exporter'
  | 'busybox'
  | 'dnsmasq'
  | 'ip'

export interface Program {
  /** The folder that holds it, and what belongs to it, when `path` is a link elsewhere. */
  readonly directory: string
  readonly path: string
  readonly version: string
  /** What it needs in its environment: unpacked programs find their libraries by it. */
  readonly environment: NodeJS.ProcessEnv
}

/** What we were tried with. */
const postgresMajors = [17, 18, 16, 15]

/** Where it is not the program's own name. Fedora and Arch ship Valkey, the continuation of Redis 7 under its free licence. */
const commands: Partial<Record<ProgramName, readonly string[]>> = {
  'redis-server': ['redis-server', 'valkey-server'],
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
}

/** How each is asked for its version; most know `--version`. */
const versionArguments: Partial<Record<ProgramName, readonly string[]>> = {
  kubectl: ['version', '--client'],
  nginx: ['-v'],
  openssl: ['version'],
  busybox: ['--help'],
  ip: ['-V'],
}

/** The first usable installation of a program, in the order: PG_BIN, PATH, known folders, our own unpacked ones. */
export async function findProgram(name: ProgramName): Promise<Program | undefined> {
  return name === 'postgres' ? (await findPostgres())[0] : (await installations(name)).at(0)
}

/** Like `findProgram`, but throws when there is none. */
export async function requireProgram(name: ProgramName): Promise<Program> {
  const program = await findProgram(name)
  if (!program) throw new ExplainedError(`${name} is not installed. \`npm start\` installs it or says how.`)
  return program
}

/** Every usable PostgreSQL here, the preferred one first. */
export async function findPostgres(): Promise<Program[]> {
  const found = await installations('postgres')
  return found.filter(({ version }) => postgresMajors.includes(majorOf(version)))
}

/** Every `pg_dump` here, of a server or of a client alone; the programs that belong to it lie beside it. */
export function findDumpers(): Promise<Program[]> {
  return installations('pg_dump')
}

export function majorOf(version: string): number {
  return Number.parseInt(version, 10)
}

async function installations(name: ProgramName): Promise<Program[]> {
  const { postgresBin, searchPath, programsDirectory } = readInfraConfig()
  const places: { directory: string; unpackedIn?: string }[] = []
  const isPostgres = name === 'postgres' || name === 'pg_dump'
  if (isPostgres && postgresBin) places.push({ directory: postgresBin })
  // Not every user's PATH has the sbin folders, where Debian puts nats-server.
  const system = [...searchPath, '/usr/local/bin', '/usr/local/sbin', '/usr/bin', '/usr/sbin', '/opt/homebrew/bin']
  for (const directory of new Set(system)) places.push({ directory })
  if (isPostgres) for (const directory of postgresFolders()) places.push({ directory })
  for (const unpackedIn of await subfolders(programsDirectory)) {
    const folders = isPostgres ? postgresFolders() : ['/usr/bin', '/usr/sbin']
    for (const folder of folders) places.push({ directory: join(unpackedIn, folder), unpackedIn })
  }
  const programs = await Promise.all(
    places.flatMap(({ directory, unpackedIn }) =>
      (commands[name] ?? [name]).map((command) => inspect({ name, command, directory, unpackedIn })),
    ),
  )
  return programs.filter((program) => program !== undefined)
}

function postgresFolders(): string[] {
  return postgresMajors.flatMap((major) => [
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    `/opt/homebrew/opt/postgresql@${major}/bin`,
    `/usr/local/opt/postgresql@${major}/bin`,
  ])
}

async function inspect(candidate: {
  name: ProgramName
  command: string
  directory: string
  unpackedIn: string | undefined
}): Promise<Program | undefined> {
  const { name, command, directory, unpackedIn } = candidate
  const path = join(directory, command)
  try {
    await access(path, constants.X_OK)
    if (name === 'postgres') await access(join(directory, 'initdb'), constants.X_OK)
    const environment = unpackedIn ? await environmentOf(unpackedIn) : {}
    const { stdout, stderr } = await run(path, versionArguments[name] ?? ['--version'], {
      env: { ...readInfraConfig().environment, ...environment },
      // Python takes its time on a busy machine.
      timeout: 30_000,
    })
    // nginx says it on stderr.
    const version = /\d+(\.\d+)+/.exec(stdout + stderr)?.[0]
    const real = await realpath(path)
    // Debian's pg_wrapper goes by the name of every program and picks a version by itself; the programs are elsewhere.
    if (basename(real) === 'pg_wrapper') return undefined
    return version ? { directory: dirname(real), path, version, environment } : undefined
  } catch {
    // Absent, or it does not run on this machine: the same to us.
    return undefined
  }
}

async function environmentOf(unpackedIn: string): Promise<NodeJS.ProcessEnv> {
  const libraries = await libraryFolders(unpackedIn)
  return { LD_LIBRARY_PATH: libraries.join(':'), PYTHONPATH: join(unpackedIn, 'usr/lib/python3/dist-packages') }
}

async function libraryFolders(unpackedIn: string): Promise<string[]> {
  const roots = [join(unpackedIn, 'usr/lib'), join(unpackedIn, 'lib')]
  const folders = await Promise.all(roots.map(subfolders))
  return folders.flat().filter((folder) => folder.endsWith('-linux-gnu'))
}

async function subfolders(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => join(directory, entry.name))
}
