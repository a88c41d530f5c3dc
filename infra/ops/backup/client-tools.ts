import { spawn } from 'node:child_process'
import { basename, join } from 'node:path'
import { readInfraConfig } from '../../config.ts'
import { ExplainedError } from '../../explained-error.ts'
import { findDumpers, findPostgres, majorOf, type Program } from '../../system/programs/program.ts'

/** A program ended badly; the message is what it said. */
export class ToolError extends Error {}

/** Longest backup or restore. The receiver of WAL is started anew after it. */
const longestMs = 6 * 3_600_000
const keptErrorCharacters = 4_000

/** The program of the same major version as a server or a dump, else of the next newer one. Older programs cannot read what it writes. */
export function fitting<P extends Pick<Program, 'version'>>(version: string, programs: readonly P[]): P | undefined {
  return programs
    .filter((program) => majorOf(program.version) >= majorOf(version))
    .toSorted((one, other) => majorOf(one.version) - majorOf(other.version))[0]
}

/** As `fitting`, of the installed programs of that name. Throws `ExplainedError` where there is none. */
export async function requireFitting(name: 'postgres' | 'pg_dump', version: string): Promise<Program> {
  const installed = await (name === 'postgres' ? findPostgres() : findDumpers())
  const program = fitting(version, installed)
  if (program) return program
  const here = installed.map((each) => each.version).join(', ') || 'none'
  const major = majorOf(version)
  const debian = name === 'postgres' ? `postgresql-${major}` : `postgresql-client-${major}`
  throw new ExplainedError(
    `PostgreSQL ${version} needs a ${name} of version ${major} or newer; installed here: ${here}.\n` +
      `Install ${debian} (Debian, Ubuntu; where they lack it, from apt.postgresql.org) or postgresql@${major} (brew),\n` +
      'or name the folder of one by PG_BIN.',
  )
}

/** Runs a program of the same installation. Ends with `stopping`. Throws `ToolError` with what the program said last. */
export async function runDumper(
  { directory, environment: own }: Program,
  tool: 'pg_dump' | 'pg_restore',
  { environment, ...run }: Omit<ProgramRun, 'path' | 'environment'> & Partial<ProgramRun>,
): Promise<void> {
  await runTool({ ...run, path: join(directory, tool), environment: { ...own, ...environment } })
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
    // A new process group, which is ended as one.
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
