import { join } from 'node:path'
import { spanDirectory } from '#shared/observability/span-files.ts'
import { readRunningSystem } from '#shared/process/config.ts'
import { parseCommandLine, wrongUsage } from '../../command-line.ts'
import { readInfraConfig } from '../../config.ts'
import { ExplainedError, reportFailure } from '../../explained-error.ts'
import { standardOutput } from '../../terminal/output.ts'
import { explainAbsence } from './explain-absence.ts'
import { findTrace } from './find-trace.ts'
import { type RequestFilter, renderLatest } from './latest-requests.ts'
import { traceIdInLogs } from './logged-trace-id.ts'
import { renderTrace } from './render-trace.ts'
import { latestSpans } from './stored-spans.ts'

const usage = `Usage: npm run trace                        lists the latest requests
       npm run trace -- <request or trace id>   shows all that was done for one
       npm run trace -- [flags]                 lists the latest of some requests
  --route TEXT    whose method and route contain the text, in small or capital letters: --route "post /purchase"
  --status 409    answered with this status; 4xx and 5xx are all of these
  --slow MS       that took this many milliseconds or longer
  --failed        in which something failed, whatever the answer`

/** Of each process: enough for the latest requests, whatever each of them did. */
const listedBytes = 2 * 1024 * 1024
/** Those that a filter asks for may be rare. */
const searchedBytes = 16 * 1024 * 1024
const listedRequests = 20

/** `npm run trace`: what was done for a request, as a tree of spans; without an id, the latest requests. */
async function main(): Promise<void> {
  const wanted = readArguments(process.argv.slice(2))
  if (wanted === null) return console.log(usage)
  const { id, filter } = wanted
  const { dataDirectory, environment } = readInfraConfig()
  const directory = spanDirectory(dataDirectory)
  const tracing = readRunningSystem(environment)?.tracing
  const { print, width, paint } = standardOutput()

  if (id === undefined) {
    const spans = latestSpans(directory, filter === undefined ? listedBytes : searchedBytes)
    const lines = renderLatest(spans, { count: listedRequests, paint, filter })
    if (lines.length === 0 && filter !== undefined && spans.length > 0)
      throw new ExplainedError('No recorded request is like that. npm run trace lists the latest ones.')
    if (lines.length === 0) throw new ExplainedError(explainAbsence({ id, loggedTraceId: undefined, tracing }))
    for (const line of lines) print(line)
    return print('\nnpm run trace -- <id> shows one.')
  }
  const found = await findTrace({ directory, id, isRunning: tracing?.otlp_url === null })
  if (found === null) {
    const loggedTraceId = traceIdInLogs(join(dataDirectory, 'logs'), id)
    throw new ExplainedError(explainAbsence({ id, loggedTraceId, tracing }))
  }
  for (const line of renderTrace(found.spans, { width, paint })) print(line)
  if (found.others.length > 0) print(`\nEarlier requests with this id have the traces:\n  ${found.others.join('\n  ')}`)
}

const options = {
  route: { type: 'string' },
  status: { type: 'string' },
  slow: { type: 'string' },
  failed: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** `filter` undefined: none. `null` when help was asked for. */
function readArguments(args: string[]): { id: string | undefined; filter: RequestFilter | undefined } | null {
  const { values, positionals } = parseCommandLine(args, { options, allowPositionals: true }, usage)
  const { route, status, slow, failed, help } = values
  if (help) return null
  const [id, ...more] = positionals
  if (more.length > 0) throw wrongUsage('One id at a time.', usage)
  if (status !== undefined && !/^[1-5](\d\d|xx)$/i.test(status))
    throw wrongUsage('--status must be like 409 or 5xx.', usage)
  if (slow !== undefined && !/^\d{1,9}(\.\d+)?$/.test(slow))
    throw wrongUsage('--slow must be a number of milliseconds.', usage)
  if (route === undefined && status === undefined && slow === undefined && !failed) return { id, filter: undefined }
  if (id !== undefined) throw wrongUsage('An id names one request: leave out the flags.', usage)
  return { id, filter: { route, status, slowMs: slow === undefined ? undefined : Number(slow), failed } }
}

main().catch(reportFailure)
