import { requireProgram } from '../../infra/system/programs/program.ts'
import { runProgram } from './command.ts'

export interface ToolAnswer {
  readonly ok: boolean
  readonly output: string
}

/** Runs Prometheus' own checker. Paths are relative to `cwd`. */
export async function promtool(args: readonly string[], options: { cwd: string; input?: string }): Promise<ToolAnswer> {
  const { path, environment } = await requireProgram('promtool')
  const { code, output } = await runProgram(path, args, { ...options, env: environment, timeoutMs: 60_000 })
  return { ok: code === 0, output }
}
