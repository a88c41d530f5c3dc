import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { readInfraConfig } from '../../config.ts'
import { ExplainedError, reportFailure } from '../../explained-error.ts'
import { standardOutput } from '../../terminal/output.ts'
import { parseLogFlags, usage } from './flags.ts'
import { formatEntry } from './format-entry.ts'
import type { LogEntry } from './log-entry.ts'
import { LogFolder } from './log-folder.ts'

/** Of the past, before what comes. */
const shownBefore = 200
const lookAgainMs = 200

/** `npm run logs`: the logs of all processes, merged by time and readable; on a terminal it goes on until Ctrl-C. */
async function main(): Promise<void> {
  const flags = parseLogFlags(process.argv.slice(2))
  if (flags === null) return console.log(usage)
  const directory = join(readInfraConfig().dataDirectory, 'logs')
  const folder = new LogFolder({ directory, ...flags })
  const { instances } = folder
  if (instances.length === 0) throw new ExplainedError(`There are no such logs in ${directory}. npm start makes some.`)
  const { print, paint, isTerminal } = standardOutput()
  const instanceWidth = Math.max(...instances.map(({ length }) => length))
  const show = (entries: Iterable<LogEntry>): void => {
    for (const entry of entries) for (const line of formatEntry(entry, { paint, instanceWidth })) print(line)
  }

  if (flags.follow ?? isTerminal) {
    show(lastOf(folder.entries(), shownBefore))
    const stopping = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
    while (!stopping.signal.aborted) {
      await wait(lookAgainMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      show(folder.entries())
    }
  } else show(folder.entries())
  folder.close()
}

function lastOf(entries: Iterable<LogEntry>, count: number): LogEntry[] {
  const last: LogEntry[] = []
  for (const entry of entries) {
    last.push(entry)
    if (last.length > 2 * count) last.splice(0, count)
  }
  return last.slice(-count)
}

main().catch(reportFailure)
