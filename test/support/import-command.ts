import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readTestConfig } from './config.ts'
import { createTestDirectory } from './servers.ts'

const project = join(import.meta.dirname, '..', '..')

export interface CommandResult {
  readonly code: number
  readonly output: string
}

/** Runs what `npm run import` runs, with standard output and error in a pipe. */
export function runImportCommand(args: readonly string[], env: Record<string, string>): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['infra/import/main.ts', ...args],
      {
        cwd: project,
        // A folder that does not exist: no running system of a developer may leak into a test.
        env: {
          PATH: process.env.PATH,
          DATA_DIR: join(project, '.data', 'absent'),
          NODE_COMPILE_CACHE: readTestConfig().compileCache,
          ...env,
        },
        timeout: 30_000,
      },
      (error, stdout, stderr) => {
        const output = stdout + stderr
        if (error && typeof error.code !== 'number')
          reject(new Error(`did not end by itself:\n${output}`, { cause: error }))
        else resolve({ code: Number(error?.code ?? 0), output })
      },
    )
  })
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
