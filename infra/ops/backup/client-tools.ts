import { spawn } from 'node:child_process'
import { basename, join } from 'node:path'
import { readInfraConfig } from '../../config.ts'
import { ExplainedError } from '../../explained-error.ts'
import { findDumpers, majorOf, type Program } from '../../system/programs/program.ts'

/** A program ended badly; the message is what it said. */
export class ToolError extends Error {}

/** Longest backup or restore. The receiver of WAL is started anew after it. */
const longestMs = 6 * 3_600_000
const keptErrorCharacters = 4_000

/** pg_dump and its like, of one installation. */
export class ClientTools {
  readonly program: Program

  constructor(program: Program) {
    this.program = program
  }

  /** Those for a server or a dump of that version: of the same major version, else newer. Throws `ExplainedError`. */
  static async for(version: string): Promise<ClientTools> {
    const installed = await findDumpers()
    const program = fitting(majorOf(version), installed)
    if (program) return new ClientTools(program)
    const here = installed.map((each) => each.version).join(', ') || 'none'
    const major = majorOf(version)
    throw new ExplainedError(
      `PostgreSQL ${version} needs a pg_dump of version ${major} or newer; installed here: ${here}.\n` +
        `Install postgresql-client-${major} (Debian, Ubuntu; where they lack it, from apt.postgresql.org) or ` +
        `postgresql@${major} (brew),\nor name the folder of one by PG_BIN.`,
    )
  }

  get version(): string {
    return this.program.version
  }

  /** Ends with `stopping`. Throws `ToolError` with what the program said last. */
  async run(
    tool: 'pg_dump' | 'pg_restore',
    { environment, ...run }: Omit<ProgramRun, 'path' | 'environment'> & Partial<ProgramRun>,
  ): Promise<void> {
    const path = join(this.program.directory, tool)
    await runTool({ ...run, path, environment: { ...this.program.environment, ...environment } })
  }
}

interface ProgramRun {
  readonly path: string
  readonly args: readonly string[]
  /** Besides our own. */
  readonly environment: NodeJS.ProcessEnv
  /** Ends it, with all that it has started. */
  readonly stopping: AbortSignal
}

/** What a program prints, which must be little. Throws `ToolError` with what it said last. */
export async function runTool({ path, args, environment, stopping }: ProgramRun): Promise<string> {
  stopping.throwIfAborted()
  const child = spawn(path, args, {
    cwd: '/',
    // Messages are read below, and so must be in English.
    env: { ...readInfraConfig().environment, LC_ALL: 'C', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, which is ended as one.
    detached: true,
  })
  const end = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGINT')
  }
  const stop = AbortSignal.any([stopping, AbortSignal.timeout(longestMs)])
  stop.addEventListener('abort', end)
  let printed = ''
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-keptErrorCharacters)
  })
  const outcome = await new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? null : (signal ?? `exit code ${code}`)))
  })
  stop.removeEventListener('abort', end)
  stopping.throwIfAborted()
  if (outcome === null) return printed
  const words = `${printed.slice(-keptErrorCharacters)}\n${said}`.trim()
  throw new ToolError(`${basename(path)} ended with ${outcome}: ${words}`)
}

/** The one of that major version, else the next newer one: older ones cannot read what it writes. */
export function fitting<P extends Pick<Program, 'version'>>(major: number, programs: readonly P[]): P | undefined {
  return programs
    .filter(({ version }) => majorOf(version) >= major)
    .toSorted((one, other) => majorOf(one.version) - majorOf(other.version))[0]
}
