import { readInfraConfig } from '../../config.ts'
import { ExplainedError } from '../../explained-error.ts'
import type { Say } from '../../say.ts'
import { hasApt, installPackages, rightsToInstall, unpackPackages } from './apt-install.ts'
import { findProgram } from './program.ts'
import { howToInstall, type ProgramName } from './programs.ts'

/**
 * Makes sure that these programs are there. What is missing is installed by apt, after saying what and how big: for the
 * whole system as root or with `sudo -n`, else unpacked into the data folder. Where that is impossible, throws
 * `ExplainedError` naming what is missing and the command for each system.
 */
export async function installMissing(names: readonly ProgramName[], say: Say): Promise<void> {
  const missing = await missingOf(names)
  if (missing.length === 0) return
  if (!(await hasApt())) throw new ExplainedError(howToInstall(missing))
  const rights = await rightsToInstall()
  try {
    if (rights) await installPackages({ programs: missing, rights, say })
    else await unpackPackages({ programs: missing, directory: readInfraConfig().programsDirectory, say })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ExplainedError(`${reason}\n\n${howToInstall(missing)}`, { cause: error })
  }
  const stillMissing = await missingOf(missing)
  if (stillMissing.length > 0) throw new ExplainedError(howToInstall(stillMissing))
}

async function missingOf(names: readonly ProgramName[]): Promise<ProgramName[]> {
  const found = await Promise.all(names.map(findProgram))
  return names.filter((_, index) => !found[index])
}
