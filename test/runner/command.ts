import { spawn } from 'node:child_process'
import { projectRoot } from '../../infra/config.ts'

export interface CommandOptions {
  /** A script, relative to `cwd`. */
  readonly script: string
  readonly args: readonly string[]
  /** Default: the project. */
  readonly cwd?: string
  readonly environment: NodeJS.ProcessEnv
  readonly stopping: AbortSignal
  onOutput(text: string): void
}

/** Nothing here takes longer unless it hangs. */
const longestMs = 20 * 60_000

/** Runs a tool on our own Node and answers its exit code; a signal or a time-out counts as 1. */
export function runCommand(options: CommandOptions): Promise<number> {
  const { script, args, cwd = projectRoot, environment, stopping, onOutput } = options
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: stopping,
      timeout: longestMs,
    })
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', onOutput)
    child.once('error', (error) => onOutput(`${error.message}\n`))
    child.once('close', (code) => resolve(code ?? 1))
  })
}
