import { globSync } from 'node:fs'
import { join } from 'node:path'
import { linesWith } from '../../lines-with.ts'

/**
 * The trace id of a request, from the logs in a folder, the current ones before those put aside. Requests that were not recorded have one
 * all the same, and their log lines name it.
 */
export function traceIdInLogs(directory: string, requestId: string): string | undefined {
  const lines = ['*.log', '*.log.1'].flatMap((pattern) =>
    globSync(pattern, { cwd: directory }).flatMap((file) =>
      linesWith(join(directory, file), `"request_id":${JSON.stringify(requestId)}`),
    ),
  )
  return lines.flatMap((line) => /"trace_id":"([\da-f]{32})"/.exec(line)?.[1] ?? [])[0]
}
