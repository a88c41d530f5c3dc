import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Program, requireProgram } from '../../../infra/system/programs/program.ts'
import type { ProgramName } from '../../../infra/system/programs/programs.ts'

const run = promisify(execFile)

/** Looked for once: every look asks the program for its version. */
const found = new Map<ProgramName, Promise<Program>>()

/**
 * Runs a program to its end, within 30 s, and answers what it prints. It sees PATH and `environment`, and nothing else of the machine.
 * Throws what it says against its arguments.
 */
export async function outputOf(
  name: ProgramName,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const looked = found.get(name) ?? requireProgram(name)
  found.set(name, looked)
  const program = await looked
  const env = { PATH: process.env.PATH, ...program.environment, ...environment }
  // Not `timeout`, which cuts short what a program has printed that ended just before, and calls that a success.
  const signal = AbortSignal.timeout(30_000)
  const ended = run(program.path, args, { env, signal, maxBuffer: 16 * 1024 * 1024 })
  const { stdout } = await ended.catch((error: Error & { stderr?: string }) => {
    throw new Error(error.stderr?.trim() || error.message, { cause: error })
  })
  return stdout
}
