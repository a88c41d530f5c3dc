import { spawn } from 'node:child_process'
import { cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot, readInfraConfig } from '../../../infra/config.ts'
import { applyEdit, type Edit } from './edit.ts'
import type { TestReport } from './run-tests.ts'

interface Plan {
  /** Where the copy is made. */
  readonly directory: string
  readonly edits: readonly Edit[]
  readonly files: readonly string[]
}

/** All that a process needs to run; nothing that a run leaves behind. */
const parts = ['gateway', 'workers', 'shared', 'infra', 'test', 'package.json', 'tsconfig.json']
/** All tests of one copy. */
const withinMs = 480_000
/** It ends its own servers first. */
const endsWithinMs = 20_000

/** Copies the project, changes the copy, and runs tests there. Throws when they could not be run, or were stopped. */
export async function tryCopy({ directory, edits, files }: Plan, stopping: AbortSignal): Promise<TestReport> {
  await mkdir(directory, { recursive: true })
  for (const part of parts) await cp(join(projectRoot, part), join(directory, part), { recursive: true })
  await symlink(join(projectRoot, 'node_modules'), join(directory, 'node_modules'))
  for (const edit of edits) await applyEdit(directory, edit)
  const child = spawn(process.execPath, ['test/chaos/mutants/run-tests.ts', ...files], {
    cwd: directory,
    env: readInfraConfig().environment,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C in a terminal does not reach it: it is stopped by us.
    detached: true,
  })
  let report: TestReport | undefined
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-10_000)
    })
  }
  child.on('message', (message) => {
    report = message as TestReport
  })
  let hardEnd: NodeJS.Timeout | undefined
  const stop = (): void => {
    if (child.connected) child.disconnect()
    hardEnd = setTimeout(() => child.kill('SIGKILL'), endsWithinMs)
  }
  const stopped = AbortSignal.any([stopping, AbortSignal.timeout(withinMs)])
  stopped.addEventListener('abort', stop)
  if (stopped.aborted) stop()
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      stopped.removeEventListener('abort', stop)
      clearTimeout(hardEnd)
      if (code === 0 && report !== undefined && !stopped.aborted) resolve(report)
      else reject(new Error(`the tests of ${directory} ended with ${code}:\n${output}`))
    })
  })
}
