import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Say, whileSaying } from '../../say.ts'
import { type ProgramName, programs } from './programs.ts'

const run = promisify(execFile)

/** A slow line may need minutes; a mirror that hangs must end some time. */
const timeoutMs = 15 * 60_000
const installing = ['install', '--no-install-recommends']

interface Wanted {
  readonly programs: readonly ProgramName[]
  readonly say: Say
}

interface Apt {
  /** `-o` settings, for apt-get and apt-cache alike. */
  readonly settings: readonly string[]
  /** What stands before a command that changes the system: nothing as root, else `sudo -n`. */
  readonly rights: readonly string[]
}

export async function hasApt(): Promise<boolean> {
  return succeeds('apt-get', ['--version'])
}

/** How to get the right to install packages for the whole system; `undefined` when there is no way without a password. */
export async function rightsToInstall(): Promise<readonly string[] | undefined> {
  if (userInfo().uid === 0) return []
  return (await succeeds('sudo', ['-n', 'true'])) ? ['sudo', '-n'] : undefined
}

/** Installs the programs' packages as an administrator would. */
export async function installPackages({ rights, ...wanted }: Wanted & Pick<Apt, 'rights'>): Promise<void> {
  const { say } = wanted
  // The machine's own updates may be holding apt.
  const apt: Apt = { settings: ['-o', 'DPkg::Lock::Timeout=120'], rights }
  const packages = await packagesOf(apt, wanted)
  say(`Installing ${packages.join(', ')} with ${[...rights, 'apt-get'].join(' ')}.`)
  say(`  ${await sizeOf(apt, packages)}`)
  say('  Services that the packages may start by themselves are not used.')
  await whileSaying(say, 'still installing', () => aptGet(apt, [...installing, '--yes', ...packages]))
}

/** Unpacks the packages, and those dependencies that the machine lacks, into a folder of our own. Changes nothing else. */
export async function unpackPackages({ directory, ...wanted }: Wanted & { readonly directory: string }): Promise<void> {
  const { say } = wanted
  await mkdir(directory, { recursive: true })
  const work = await mkdtemp(join(directory, '.unpacking-'))
  try {
    const [lists, cache] = [join(work, 'lists'), join(work, 'cache')]
    await mkdir(join(lists, 'partial'), { recursive: true })
    await mkdir(join(cache, 'archives', 'partial'), { recursive: true })
    const own = [`Dir::State::Lists=${lists}`, `Dir::Cache=${cache}`, 'Debug::NoLocking=1']
    const apt: Apt = { settings: own.flatMap((setting) => ['-o', setting]), rights: [] }
    const packages = await packagesOf(apt, wanted)
    say(`No right to install packages: unpacking ${packages.join(', ')} into ${directory}.`)
    say(`  ${await sizeOf(apt, packages)}`)
    await whileSaying(say, 'still unpacking', async () => {
      await aptGet(apt, [...installing, '--yes', '--download-only', ...packages])
      await unpackAll({ archives: join(cache, 'archives'), root: join(work, 'root') })
    })
    // Complete or not there at all: half a PostgreSQL would be taken for a whole one.
    const place = join(directory, packages.join('+'))
    await rm(place, { recursive: true, force: true })
    await rename(join(work, 'root'), place)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function unpackAll({ archives, root }: { archives: string; root: string }): Promise<void> {
  const packages = (await readdir(archives)).filter((file) => file.endsWith('.deb'))
  for (const file of packages) {
    // The programs are run by the system's loader, which works with its own libc alone.
    if (!file.startsWith('libc6_')) await run('dpkg-deb', ['--extract', join(archives, file), root])
  }
}

/** The packages that hold the programs, by fresh lists; of PostgreSQL the best version that this system offers. */
async function packagesOf(apt: Apt, { programs: names, say }: Wanted): Promise<string[]> {
  say(`Missing here: ${names.join(', ')}. Reading the package lists …`)
  await aptGet(apt, ['update'])
  const packages = names.map((name) => (name === 'postgres' ? postgresPackage(apt) : programs[name].packages[0]))
  return [...new Set(await Promise.all(packages))]
}

async function postgresPackage({ settings }: Apt): Promise<string> {
  const { stdout } = await run('apt-cache', [...settings, 'search', '--names-only', '^postgresql-1[5-8]$'])
  const offered = new Set(stdout.split('\n').map((line) => line.split(' ')[0]))
  const names = ['17', '18', '16', '15'].map((major) => `postgresql-${major}`)
  return names.find((name) => offered.has(name)) ?? 'postgresql'
}

/** apt's own words: `Need to get 19.2 MB of archives. After this operation, 71.1 MB of additional disk space …`. */
async function sizeOf({ settings }: Apt, packages: readonly string[]): Promise<string> {
  const args = ['-o', 'Debug::NoLocking=1', ...installing, '--assume-no', ...packages]
  // It prints the sizes, and fails because the answer is no.
  const { stdout } = await run('env', ['LC_ALL=C', 'apt-get', ...settings, ...args]).catch(
    (error: { stdout: string }) => error,
  )
  const lines = stdout.split('\n').filter((line) => /^(Need to get|After this operation)/.test(line))
  return lines.join(' ')
}

async function aptGet({ settings, rights }: Apt, args: readonly string[]): Promise<void> {
  const environment = ['env', 'LC_ALL=C', 'DEBIAN_FRONTEND=noninteractive']
  const [program = '', ...rest] = [...rights, ...environment, 'apt-get', '-q', ...settings]
  try {
    await run(program, [...rest, ...args], { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 })
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
