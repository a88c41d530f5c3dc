import { execFile } from 'node:child_process'
import { projectRoot } from '../../infra/config.ts'
import { readTestConfig } from './config.ts'

export interface CommandResult {
  readonly code: number
  /** Standard output, then standard error. */
  readonly output: string
}

export interface ScriptOptions {
  /** Default: 30 s. */
  readonly timeoutMs?: number
  /** Ends it by SIGKILL. */
  readonly kill?: AbortSignal
}

export interface ProgramOptions extends ScriptOptions {
  /** Default: the project. */
  readonly cwd?: string
  readonly env: NodeJS.ProcessEnv
  /** For its standard input. */
  readonly input?: string
}

const maxBuffer = 64 * 1_024 * 1_024

/** Runs a program with its streams in pipes, for a limited time. Throws with its output when it does not end by itself. */
export const runProgram = (
  path: string,
  args: readonly string[],
  { cwd = projectRoot, env, input = '', timeoutMs = 30_000, kill }: ProgramOptions,
): Promise<CommandResult> =>
  new Promise((resolve, reject) => {
    const child = execFile(path, args, { cwd, env, maxBuffer, timeout: timeoutMs }, (error, stdout, stderr) => {
      const output = stdout + stderr
      if (error && typeof error.code !== 'number')
        reject(new Error(`did not end by itself:\n${output}`, { cause: error }))
      else resolve({ code: Number(error?.code ?? 0), output })
    })
    // The option `signal` would end it by SIGTERM, whatever `killSignal` is, and not wait for its end.
    kill?.addEventListener('abort', () => child.kill('SIGKILL'), { once: true })
    child.stdin?.on('error', () => undefined).end(input)
  })

/** Runs a script of the project. */
export const runScript = (
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  options: ScriptOptions = {},
): Promise<CommandResult> =>
  runProgram(process.execPath, [script, ...args], {
    ...options,
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: readTestConfig().compileCache, ...env },
  })
