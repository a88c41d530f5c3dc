import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Whether a process stands still after SIGSTOP. */
export async function isStopped(pid: number): Promise<boolean> {
  const { stdout } = await run('ps', ['-o', 'state=', '-p', String(pid)], { timeout: 5_000 })
  return stdout.trim().startsWith('T')
}
