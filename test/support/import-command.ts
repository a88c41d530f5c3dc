import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../infra/config.ts'
import { type CommandResult, runScript } from './command.ts'
import { createTestDirectory } from './servers.ts'

/** Runs what `npm run import` runs, with standard output and error in a pipe. */
export function runImportCommand(args: readonly string[], env: Record<string, string>): Promise<CommandResult> {
  // A folder that does not exist: no running system of a developer may leak into a test.
  return runScript('infra/ops/import/main.ts', args, { DATA_DIR: join(projectRoot, '.data', 'absent'), ...env })
}

/** Writes files of these names and answers how to find each; JSON values are written as JSON. */
export async function writeSources<Name extends string>(files: Record<Name, unknown>): Promise<Record<Name, string>> {
  const directory = await createTestDirectory('import')
  const entries = Object.entries(files).map(async ([name, content]) => {
    const path = join(directory, name)
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
    return [name, path] as const
  })
  return Object.fromEntries(await Promise.all(entries)) as Record<Name, string>
}
