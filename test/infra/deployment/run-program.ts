import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Program, type ProgramName, requireProgram } from '../../../infra/system/programs/program.ts'

const run = promisify(execFile)

/** Looked for once: every look asks the program for its version. */
const found = new Map<ProgramName, Promise<Program>>()

export interface Ended {
  readonly failed: boolean
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end, which is awaited for 30 s. It sees PATH and `environment`, and nothing else of the machine. */
export async function runProgram(
  name: ProgramName,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Ended> {
  const looked = found.get(name) ?? requireProgram(name)
  found.set(name, looked)
  const program = await looked
  try {
    const output = await run(program.path, args, {
      env: { PATH: process.env.PATH, ...program.environment, ...environment },
      timeout: 30_000,
      maxBuffer: 16 * 1024 * 1024,
    })
    return { failed: false, ...output }
  } catch (error) {
    const { stdout = '', stderr = String(error) } = error as Partial<Ended>
    return { failed: true, stdout, stderr }
  }
}
