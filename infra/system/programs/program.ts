import { execFile } from 'node:child_process'
import { access, constants, readdir, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { readInfraConfig } from '../../config.ts'
import { ExplainedError } from '../../explained-error.ts'
import { type ProgramName, programs } from './programs.ts'

const run = promisify(execFile)

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

interface Place {
  readonly directory: string
  readonly unpackedIn?: string
}

/** By name and places. Whatever is asked for its version takes time, a quarter of a second where it is written in Python. */
const known = new Map<string, Program[]>()

async function installations(name: ProgramName): Promise<Program[]> {
  const places = await placesOf(name)
  const key = JSON.stringify([name, places])
  const found = known.get(key) ?? (await inspectAll(name, places))
  // What is missing may be installed later.
  if (found.length > 0) known.set(key, found)
  return found
}

async function placesOf(name: ProgramName): Promise<Place[]> {
  const { postgresBin, searchPath, programsDirectory } = readInfraConfig()
  const isPostgres = name === 'postgres' || name === 'pg_dump'
  // Not every user's PATH has the sbin folders, where Debian puts nats-server.
  const system = [...searchPath, '/usr/local/bin', '/usr/local/sbin', '/usr/bin', '/usr/sbin', '/opt/homebrew/bin']
  // Debian's /bin is a link to /usr/bin.
  const folders = await Promise.all(system.map((directory) => realpath(directory).catch(() => directory)))
  const unpacked = await subfolders(programsDirectory)
  const within = isPostgres ? postgresFolders() : ['/usr/bin', '/usr/sbin']
  return [
    ...(isPostgres && postgresBin ? [{ directory: postgresBin }] : []),
    ...[...new Set(folders)].map((directory) => ({ directory })),
    ...(isPostgres ? postgresFolders().map((directory) => ({ directory })) : []),
    ...unpacked.flatMap((unpackedIn) => within.map((folder) => ({ directory: join(unpackedIn, folder), unpackedIn }))),
  ]
}

async function inspectAll(name: ProgramName, places: readonly Place[]): Promise<Program[]> {
  const found = await Promise.all(
    places.flatMap((place) =>
      (programs[name].commands ?? [name]).map((command) => inspect({ name, command, ...place })),
    ),
  )
  return found.filter((program) => program !== undefined)
}

function postgresFolders(): string[] {
  return postgresMajors.flatMap((major) => [
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    `/opt/homebrew/opt/postgresql@${major}/bin`,
    `/usr/local/opt/postgresql@${major}/bin`,
  ])
}

async function inspect(candidate: Place & { name: ProgramName; command: string }): Promise<Program | undefined> {
  const { name, command, directory, unpackedIn } = candidate
  const path = join(directory, command)
  try {
    await access(path, constants.X_OK)
    if (name === 'postgres') await access(join(directory, 'initdb'), constants.X_OK)
    const environment = unpackedIn ? await environmentOf(unpackedIn) : {}
    const { stdout, stderr } = await run(path, programs[name].version ?? ['--version'], {
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
  const roots = [join(unpackedIn, 'usr/lib'), join(unpackedIn, 'lib')]
  const folders = await Promise.all(roots.map(subfolders))
  const libraries = folders.flat().filter((folder) => folder.endsWith('-linux-gnu'))
  return { LD_LIBRARY_PATH: libraries.join(':'), PYTHONPATH: join(unpackedIn, 'usr/lib/python3/dist-packages') }
}

async function subfolders(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => join(directory, entry.name))
}
