import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { readInfraConfig } from '../../../infra/config.ts'
import type { SharedServers } from '../crash-points/stand/shared-servers.ts'
import { applyEdit, type Edit } from './edit.ts'
import { copySource } from './source-copy.ts'
import type { TrialOrder, TrialReport } from './trial-process.ts'
import type { TrialName } from './trials/all-trials.ts'

interface Plan {
  /** Of the copy and all that comes of it. */
  readonly name: string
  readonly edits: readonly Edit[]
  readonly trials: readonly TrialName[]
}

/** All trials of one copy. */
const withinMs = 120_000
/** It ends its own processes first. */
const endsWithinMs = 10_000

/** Copies the project, changes the copy, and tries it. Throws when it could not be tried, or was stopped. */
export async function runTrials(
  servers: SharedServers,
  { name, edits, trials }: Plan,
  stopping: AbortSignal,
): Promise<TrialReport[]> {
  const copy = join(servers.directory, 'copies', name)
  await copySource(copy)
  for (const edit of edits) await applyEdit(copy, edit)
  const { postgres, redis, directory } = servers
  const order: TrialOrder = { name, postgresUrl: postgres.url, redisUrl: redis.url, directory, trials }
  const reports = await tryCopy(copy, order, AbortSignal.any([stopping, AbortSignal.timeout(withinMs)]))
  if (reports.length < trials.length)
    throw new Error(`only ${reports.length} of ${trials.length} trials of ${name} ended`)
  return reports
}

function tryCopy(copy: string, order: TrialOrder, stopped: AbortSignal): Promise<TrialReport[]> {
  const child = spawn(process.execPath, ['test/chaos/mutants/trial-process.ts'], {
    cwd: copy,
    env: readInfraConfig().environment,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C in a terminal does not reach it: it is stopped by us.
    detached: true,
  })
  const reports: TrialReport[] = []
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-10_000)
    })
  }
  child.on('message', (report) => reports.push(report as TrialReport))
  child.send(order)
  let hardEnd: NodeJS.Timeout | undefined
  const stop = (): void => {
    if (child.connected) child.disconnect()
    hardEnd = setTimeout(() => child.kill('SIGKILL'), endsWithinMs)
  }
  stopped.addEventListener('abort', stop)
  if (stopped.aborted) stop()
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      stopped.removeEventListener('abort', stop)
      clearTimeout(hardEnd)
      if (code === 0) resolve(reports)
      else reject(new Error(`the trials of ${order.name} ended with ${code}:\n${output}`))
    })
  })
}
