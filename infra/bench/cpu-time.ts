import { readdirSync, readFileSync } from 'node:fs'
import { rounded } from './quantile.ts'

/** Of a second, as Linux counts processor time for `/proc`. */
const ticksPerSecond = 100

/**
 * Seconds of processor time that each process has used so far, its children included, even those that have ended (PostgreSQL has
 * one a connection), and this process itself as `load generator`. Empty where there is no `/proc`.
 */
export function cpuTimes(pids: ReadonlyMap<string, number>): Map<string, number> {
  const seconds = new Map<string, number>()
  const own = process.cpuUsage()
  seconds.set('load generator', (own.user + own.system) / 1e6)
  const names = new Map([...pids].map(([name, pid]) => [pid, name]))
  for (const { pid, parent, cpuSeconds } of processes()) {
    const name = names.get(pid) ?? names.get(parent)
    if (name !== undefined) seconds.set(name, (seconds.get(name) ?? 0) + cpuSeconds)
  }
  return seconds
}

/** Does some work. Answers its result, and the seconds of processor time that each process has used meanwhile. */
export async function cpuDuring<Result>(
  pids: ReadonlyMap<string, number>,
  work: () => Promise<Result>,
): Promise<{ result: Result; used: Map<string, number> }> {
  const before = cpuTimes(pids)
  const result = await work()
  return { result, used: new Map([...cpuTimes(pids)].map(([name, used]) => [name, used - (before.get(name) ?? 0)])) }
}

/** Milliseconds of processor time of each process for one request. */
export function msEach(used: ReadonlyMap<string, number>, requests: number): Record<string, number> {
  return Object.fromEntries([...used].map(([name, seconds]) => [name, rounded((seconds * 1_000) / requests, 2)]))
}

function processes(): { pid: number; parent: number; cpuSeconds: number }[] {
  return entriesOf('/proc').flatMap((entry) => {
    const stat = /^\d+$/.test(entry) ? textOf(`/proc/${entry}/stat`) : ''
    if (stat === '') return []
    // The command stands in brackets and may hold anything; what follows are numbers: state, parent, …, utime and stime, and
    // the same of its children that have ended.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const cpuSeconds = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond
    return [{ pid: Number(entry), parent: Number(fields[1]), cpuSeconds }]
  })
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** '' for a process that has just ended. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
