import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Say, whileSaying } from '../../say.ts'
import { type AptOptions, describeSize, install, packagesOf, updateLists } from './apt.ts'
import type { ProgramName } from './program.ts'

const run = promisify(execFile)

/** Installs the programs' packages as an administrator would. */
export async function installPackages({
  programs,
  rights,
  say,
}: {
  programs: readonly ProgramName[]
  rights: readonly string[]
  say: Say
}): Promise<void> {
  say(`Missing here: ${programs.join(', ')}. Reading the package lists …`)
  // The machine's own updates may be holding apt.
  const options: AptOptions = { settings: ['-o', 'DPkg::Lock::Timeout=120'], rights }
  await updateLists(options)
  const packages = await packagesOf(programs, options)
  say(`Installing ${packages.join(', ')} with ${[...rights, 'apt-get'].join(' ')}.`)
  say(`  ${await describeSize(options, packages)}`)
  say('  Services that the packages may start by themselves are not used.')
  await whileSaying(say, 'still installing', () => install(options, { packages, downloadOnly: false }))
}

/** Unpacks the packages, and those dependencies that the machine lacks, into a folder of our own. Changes nothing else. */
export async function unpackPackages({
  programs,
  directory,
  say,
}: {
  programs: readonly ProgramName[]
  directory: string
  say: Say
}): Promise<void> {
  say(`Missing here: ${programs.join(', ')}. Reading the package lists …`)
  await mkdir(directory, { recursive: true })
  const work = await mkdtemp(join(directory, '.unpacking-'))
  try {
    const [lists, cache] = [join(work, 'lists'), join(work, 'cache')]
    await mkdir(join(lists, 'partial'), { recursive: true })
    await mkdir(join(cache, 'archives', 'partial'), { recursive: true })
    const own = [`Dir::State::Lists=${lists}`, `Dir::Cache=${cache}`, 'Debug::NoLocking=1']
    const options: AptOptions = { settings: own.flatMap((setting) => ['-o', setting]), rights: [] }
    await updateLists(options)
    const packages = await packagesOf(programs, options)
    say(`No right to install packages: unpacking ${packages.join(', ')} into ${directory}.`)
    say(`  ${await describeSize(options, packages)}`)
    await whileSaying(say, 'still unpacking', async () => {
      await install(options, { packages, downloadOnly: true })
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
