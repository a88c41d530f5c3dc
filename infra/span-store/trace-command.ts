import { globSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readRunningSystem } from '#shared/process/config.ts'
import { readInfraConfig } from '../config.ts'
import { ExplainedError, reportFailure } from '../explained-error.ts'
import { linesWith } from '../lines-with.ts'
import { standardOutput } from '../terminal/output.ts'
import { explainAbsence } from './explain-absence.ts'
import { findTrace } from './find-trace.ts'
import { renderLatest } from './latest-requests.ts'
import { renderTrace } from './render-trace.ts'
import { spanDirectory } from './span-files.ts'
import { latestSpans } from './stored-spans.ts'

const usage = `Usage: npm run trace                        lists the latest requests
       npm run trace -- <request or trace id>   shows all that was done for one`

/** Enough for the latest requests, whatever each of them did. */
const listedBytes = 8 * 1024 * 1024
const listedRequests = 20

/** `npm run trace`: what was done for a request, as a tree of spans; without an id, the latest requests. */
async function main(): Promise<void> {
  const { id, help } = readArguments(process.argv.slice(2))
  if (help) return console.log(usage)
  const { dataDirectory, environment } = readInfraConfig()
  const directory = spanDirectory(dataDirectory)
  const tracing = readRunningSystem(environment)?.tracing
  const { print, width, paint } = standardOutput()

  if (id === undefined) {
    const lines = renderLatest(latestSpans(directory, listedBytes), { count: listedRequests, paint })
    if (lines.length === 0) throw new ExplainedError(explainAbsence({ id, loggedTraceId: undefined, tracing }))
    for (const line of lines) print(line)
    return print('\nnpm run trace -- <id> shows one.')
  }
  const found = await findTrace({ directory, id, isRunning: tracing?.kept === true })
  if (found === null) {
    const loggedTraceId = traceIdInLogs(join(dataDirectory, 'logs'), id)
    throw new ExplainedError(explainAbsence({ id, loggedTraceId, tracing }))
  }
  for (const line of renderTrace(found.spans, { width, paint })) print(line)
  if (found.others.length > 0) print(`\nEarlier requests with this id have the traces:\n  ${found.others.join('\n  ')}`)
}

function readArguments(args: string[]): { id: string | undefined; help: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: { help: { type: 'boolean', short: 'h', default: false } },
      allowPositionals: true,
    })
    if (positionals.length > 1) throw new Error('One id at a time.')
    return { id: positionals[0], help: values.help }
  } catch (error) {
    throw new ExplainedError(`${(error as Error).message}\n\n${usage}`, { cause: error })
  }
}

/** Requests that were not recorded have a trace id all the same, and their log lines name it. */
function traceIdInLogs(directory: string, requestId: string): string | undefined {
  const lines = globSync('*.log', { cwd: directory }).flatMap((file) =>
    linesWith(join(directory, file), `"request_id":${JSON.stringify(requestId)}`),
  )
  return lines.flatMap((line) => /"trace_id":"([\da-f]{32})"/.exec(line)?.[1] ?? [])[0]
}

main().catch(reportFailure)
