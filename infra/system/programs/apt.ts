import { execFile } from 'node:child_process'
import { userInfo } from 'node:os'
import { promisify } from 'node:util'
import { debianPackage } from './install-advice.ts'
import type { ProgramName } from './program.ts'

const run = promisify(execFile)

export interface AptOptions {
  /** `-o` settings, for apt-get and apt-cache alike. */
  readonly settings: readonly string[]
  /** What stands before a command that changes the system: nothing as root, else `sudo -n`. */
  readonly rights: readonly string[]
}

/** A slow line may need minutes; a mirror that hangs must end some time. */
const timeoutMs = 15 * 60_000
const installArguments = ['install', '--no-install-recommends']

export async function hasApt(): Promise<boolean> {
  return succeeds('apt-get', ['--version'])
}

/** How to get the right to install packages for the whole system; `undefined` when there is no way without a password. */
export async function rightsToInstall(): Promise<readonly string[] | undefined> {
  if (userInfo().uid === 0) return []
  return (await succeeds('sudo', ['-n', 'true'])) ? ['sudo', '-n'] : undefined
}

export async function updateLists(options: AptOptions): Promise<void> {
  await aptGet(options, ['update'])
}

/** Installs packages; with `downloadOnly`, puts them and the dependencies that the machine lacks into apt's cache. */
export async function install(
  options: AptOptions,
  { packages, downloadOnly }: { packages: readonly string[]; downloadOnly: boolean },
): Promise<void> {
  const only = downloadOnly ? ['--download-only'] : []
  await aptGet(options, [...installArguments, '--yes', ...only, ...packages])
}

/** apt's own words: `Need to get 19.2 MB of archives. After this operation, 71.1 MB of additional disk space …`. */
export async function describeSize({ settings }: AptOptions, packages: readonly string[]): Promise<string> {
  const args = [...settings, '-o', 'Debug::NoLocking=1', ...installArguments, '--assume-no', ...packages]
  // Saying no makes it fail, after it has told the sizes.
  const { stdout } = await run('env', ['LC_ALL=C', 'apt-get', ...args]).catch((error: { stdout: string }) => error)
  return stdout
    .split('\n')
    .filter((line) => /^(Need to get|After this operation)/.test(line))
    .join(' ')
}

/** The packages that hold the programs; of PostgreSQL the best version that this system offers. */
export async function packagesOf(programs: readonly ProgramName[], { settings }: AptOptions): Promise<string[]> {
  const packages = programs.map((name) => (name === 'postgres' ? postgresPackage(settings) : debianPackage(name)))
  return [...new Set(await Promise.all(packages))]
}

async function postgresPackage(settings: readonly string[]): Promise<string> {
  const { stdout } = await run('apt-cache', [...settings, 'search', '--names-only', '^postgresql-1[5-8]$'])
  const offered = new Set(stdout.split('\n').map((line) => line.split(' ')[0]))
  const names = ['17', '18', '16', '15'].map((major) => `postgresql-${major}`)
  return names.find((name) => offered.has(name)) ?? 'postgresql'
}

async function aptGet({ settings, rights }: AptOptions, args: readonly string[]): Promise<void> {
  const command = [
    ...rights,
    'env',
    'LC_ALL=C',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-q',
    ...settings,
    ...args,
  ]
  const [program = '', ...rest] = command
  try {
    await run(program, rest, { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 })
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    const complaints = stderr.split('\n').filter((line) => line.startsWith('E:'))
    throw new Error(`apt-get ${args[0]} failed: ${complaints.join(' ') || stderr || error}`, { cause: error })
  }
}

async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  return run(command, args, { timeout: 10_000 }).then(
    () => true,
    () => false,
  )
}
