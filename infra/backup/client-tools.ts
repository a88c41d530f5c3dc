import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { readInfraConfig } from '../config.ts'
import { ExplainedError } from '../explained-error.ts'
import { findDumpers, majorOf, type Program } from '../system/programs/program.ts'

export interface ToolRun {
  readonly tool: 'pg_dump' | 'pg_restore' | 'pg_basebackup' | 'pg_receivewal'
  readonly args: readonly string[]
  readonly environment?: NodeJS.ProcessEnv
  readonly stopping: AbortSignal
}

/** A program of PostgreSQL's ended badly; the message is what it said. */
export class ToolError extends Error {}

/** Longer than this nobody waits for a backup or for a restore, and whoever follows a log is started anew. */
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
  async run({ tool, args, environment = {}, stopping }: ToolRun): Promise<void> {
    stopping.throwIfAborted()
    const child = spawn(join(this.program.directory, tool), args, {
      cwd: '/',
      // Messages are read below, and so must be in English.
      env: { ...readInfraConfig().environment, LC_ALL: 'C', ...this.program.environment, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
      signal: AbortSignal.any([stopping, AbortSignal.timeout(longestMs)]),
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-keptErrorCharacters)
    })
    const outcome = await new Promise<string | null>((resolve) => {
      // Of an abort, too; the end of the process, which comes after it, is what counts.
      child.on('error', (error) => {
        if (child.pid === undefined) resolve(error.message)
      })
      child.once('close', (code, signal) => resolve(code === 0 ? null : (signal ?? `exit code ${code}`)))
    })
    stopping.throwIfAborted()
    if (outcome !== null) throw new ToolError(`${tool} ended with ${outcome}: ${said.trim()}`)
  }
}

/** The one of that major version, else the next newer one: older ones cannot read what it writes. */
export function fitting<P extends Pick<Program, 'version'>>(major: number, programs: readonly P[]): P | undefined {
  return programs
    .filter(({ version }) => majorOf(version) >= major)
    .toSorted((one, other) => majorOf(one.version) - majorOf(other.version))[0]
}
