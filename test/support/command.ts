import { execFile } from 'node:child_process'
import { projectRoot } from '../../infra/config.ts'
import { readTestConfig } from './config.ts'

export interface CommandResult {
  readonly code: number
  readonly output: string
}

export interface ScriptOptions {
  /** Default: 30 s. */
  readonly timeoutMs?: number
  /** Ends it by SIGKILL. */
  readonly kill?: AbortSignal
}

/** Runs a script of the project with standard output and error in a pipe, for a limited time. */
export const runScript = (
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  { timeoutMs = 30_000, kill }: ScriptOptions = {},
): Promise<CommandResult> =>
  new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [script, ...args],
      {
        cwd: projectRoot,
        env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: readTestConfig().compileCache, ...env },
        timeout: timeoutMs,
        ...(kill && { signal: kill, killSignal: 'SIGKILL' }),
      },
      (error, stdout, stderr) => {
        const output = stdout + stderr
        if (error && typeof error.code !== 'number')
          reject(new Error(`did not end by itself:\n${output}`, { cause: error }))
        else resolve({ code: Number(error?.code ?? 0), output })
      },
    )
  })
