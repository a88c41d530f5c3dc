import { spawn } from 'node:child_process'
import { requireProgram } from '../../infra/system/programs/program.ts'

export interface ToolAnswer {
  readonly ok: boolean
  /** stdout and stderr. */
  readonly output: string
}

const longestMs = 60_000

/** Runs Prometheus' own checker. Paths are relative to `cwd`. */
export async function promtool(
  args: readonly string[],
  { cwd, input = '' }: { cwd: string; input?: string },
): Promise<ToolAnswer> {
  const { path, environment } = await requireProgram('promtool')
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, { cwd, env: environment, timeout: longestMs })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    child.once('error', reject)
    child.once('close', (code) => resolve({ ok: code === 0, output }))
    child.stdin.end(input)
  })
}
